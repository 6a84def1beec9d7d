//! What the tests render.

pub mod fixed;
pub mod scan;
