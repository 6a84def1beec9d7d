//! What may a pod do?
