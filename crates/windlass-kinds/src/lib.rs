//! What Kubernetes kinds mean, without a client.

pub mod argo;
pub mod health;
pub mod kstatus;
mod read;
