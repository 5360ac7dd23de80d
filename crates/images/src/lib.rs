//! Image references, and what is known of the images that people run.
//!
//! In: the text of an `image:` attribute. Out: a [`Reference`] and, where the catalogue has one, the [`Image`]: its role, ports, health checks, user,
//! paths, sizes and credentials. No registry is asked; the entries are compiled in, and each names the documentation that its facts can be checked against.

pub mod catalogue;
pub mod credentials;
pub mod dump;
pub mod image;
pub mod reference;

pub use image::Image;
pub use reference::{Reference, ReferenceError};
