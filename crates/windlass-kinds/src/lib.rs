//! What Kubernetes kinds mean, without a client.

pub mod argo;
pub mod dialect;
pub mod health;
pub mod kstatus;
pub mod order;
pub mod quantity;
mod read;
pub mod schema;
pub mod scope;
