//! Rendering on all cores, in order, within bounded memory.
//!
//! Each item becomes bytes on its own, so the bytes do not depend on the number of threads; what
//! is rendered is written out before the next round begins.

use std::io;

use rayon::prelude::*;

/// Items that one task renders: enough to keep the cost of a task unseen.
const ITEMS_PER_TASK: usize = 32;

/// Tasks whose output is held at a time.
const TASKS_PER_ROUND: usize = 16;

/// Writes every item with its number, in order.
pub(crate) fn write_all<'i, T: Sync>(
    items: &'i [T],
    out: &mut dyn io::Write,
    each: impl Fn(usize, &'i T, &mut Vec<u8>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    const ROUND: usize = ITEMS_PER_TASK * TASKS_PER_ROUND;
    let mut buffers = vec![Vec::new(); TASKS_PER_ROUND];
    for (round, items) in items.chunks(ROUND).enumerate() {
        let tasks = items.par_chunks(ITEMS_PER_TASK).zip(&mut buffers).enumerate();
        tasks.try_for_each(|(task, (items, bytes))| {
            let first = round * ROUND + task * ITEMS_PER_TASK;
            bytes.clear();
            items.iter().enumerate().try_for_each(|(index, item)| each(first + index, item, bytes))
        })?;
        for bytes in &buffers[..items.len().div_ceil(ITEMS_PER_TASK)] {
            out.write_all(bytes)?;
        }
    }
    Ok(())
}
