//! Inventories for tests.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};

/// Adds the objects of a text.
pub fn add(inventory: &mut Inventory, name: &str, text: &str) {
    let source = Arc::new(Source::new(name, text.to_owned()));
    let mut number = 0;
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{name}: {:?}", reading.error);
        for document in reading.documents {
            number += 1;
            inventory.add(Entry::new(document, number));
        }
    }
}

/// The inventory of a text.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn inventory(text: &str) -> Inventory {
    let mut inventory = Inventory::new();
    add(&mut inventory, "test.yaml", text);
    inventory
}

/// The inventory of all manifests below a folder.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn folder(folder: &Path) -> Inventory {
    let mut inventory = Inventory::new();
    add_folder(&mut inventory, folder);
    inventory
}

fn add_folder(inventory: &mut Inventory, folder: &Path) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(inventory, &path);
        } else {
            let text = fs::read_to_string(&path).expect("the manifest can be read");
            add(inventory, &path.display().to_string(), &text);
        }
    }
}
