//! Kubernetes objects: names, quantities, labels, and typed values with the origin of their fields.
//!
//! [`Objects`] is what a conversion gives: each [`Object`] is a [`Resource`] (a value of `k8s-openapi`, or a [`Custom`] one)
//! with [`Origins`].
//!
//! [`read`] gives the objects of a text as trees with places, [`view`] their fields, [`validity`] what an API server would say of them;
//! [`schema`] is the table of what each version knows. What becomes what is not here (room `convert`), nor is the layout of files (room `emit`).

pub mod capabilities;
pub mod labels;
pub mod name;
pub mod quantity;
pub mod read;
pub mod schema;
pub mod validation;
pub mod validity;
pub mod view;
pub mod write;

mod cel;
mod hash;
mod kind;
mod object;
mod objects;
mod references;
mod resource;

pub use hash::ContentHash;
pub use kind::Kind;
pub use object::{Object, ObjectRef, Origins};
pub use objects::{Collision, Objects};
pub use references::{Dangling, Problem, check_references};
pub use resource::{Custom, Resource, Typed};
