//! The controls that data can't decide: one file a subject, one plain function a question.

pub mod apiserver;
pub mod authentication;
pub mod certificates;
pub mod controller;
pub mod disk;
pub mod etcd;
pub mod firewall;
pub mod kubelet;
pub mod policies;
pub mod proxy;
pub mod tls;
