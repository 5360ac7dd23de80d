//! What other converters get wrong, and Windlass does not: one test a mistake. `docs/comparison.md` says who makes it.
//!
//! Tests of the same that stand beside the code are named there as well; `docs.rs` checks that each name is a test.

#[path = "mistakes/shop.rs"]
mod shop;

#[path = "mistakes/commands.rs"]
mod commands;
#[path = "mistakes/data.rs"]
mod data;
#[path = "mistakes/health.rs"]
mod health;
#[path = "mistakes/network.rs"]
mod network;
#[path = "mistakes/output.rs"]
mod output;
#[path = "mistakes/workloads.rs"]
mod workloads;
