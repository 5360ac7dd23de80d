//! Links `windlass` at a fixed address where that is possible: a command that ends within milliseconds would otherwise spend a fifth
//! of them on moving its tables of pointers to wherever it was loaded. The operator, which listens on a port, stays movable.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A build script has no other way to learn what it builds for.
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables")]
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
