//! Configuration files of other software, each value with its place.
//!
//! [`Kind::detect`] says what a file is, [`nginx`], [`ini`] (php.ini, PHP-FPM pools, my.cnf) and [`redis`] read texts into trees
//! with a place for every byte, [`prometheus`] and [`workflow`] read YAML. Files that a file includes are facts, not followed:
//! opening files is not here, nor is any judgement of what a file says.

pub mod ini;
mod kind;
pub mod nginx;
pub mod prometheus;
pub mod redis;
mod size;
mod syntax;
pub mod workflow;
mod yaml;

pub use kind::Kind;
pub use syntax::{Concrete, Parsed, Piece, PieceKind, Word};
