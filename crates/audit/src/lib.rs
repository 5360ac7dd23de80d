//! Rules over compose files, Dockerfiles and the configuration files around them.
//!
//! [`Context::load`] makes one model of all files; [`audit()`] runs the rules of [`rules`] over it; the result has findings with places,
//! scores by category, and what could not be checked. [`judgement`] grades and suppresses what `validate` says. How that looks is room `report`'s affair.

mod audit;
pub mod baseline;
pub mod context;
pub mod control;
pub mod findings;
pub mod fix;
pub mod gate;
pub mod judgement;
pub mod rule;
pub mod rules;
pub mod score;
pub mod settings;
pub mod severity;
pub mod suppress;

pub use audit::{Audit, Exemption, StackResult, audit};
pub use context::{Context, Request};
pub use control::{Category, Control};
pub use findings::{Finding, Findings};
pub use rule::Rule;
pub use score::Profile;
pub use settings::Settings;
pub use severity::{Grade, Severity};
