//! The controls that data can't decide: one file a subject, one plain function a question.

pub mod access;
pub mod apiserver;
pub mod authentication;
pub mod authorization;
pub mod certificates;
pub mod confinement;
pub mod controller;
pub mod declared;
pub mod disk;
pub mod engine;
pub mod etcd;
pub mod firewall;
pub mod guard;
pub mod interfaces;
pub mod kubelet;
pub mod lifecycle;
pub mod network_plugin;
pub mod node;
pub mod pods;
pub mod provenance;
pub mod proxy;
pub mod tls;
pub mod webhook;
