//! `cargo xtask control-plane`: builds the programs that `testkit::Cluster` starts and what pods wait with, unless they are there.

use std::time::Instant;

use windlass_testkit::{Component, build_busybox};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many packages Go compiles at once; as many as there are cores unless given.
    #[arg(long)]
    jobs: Option<u32>,
    /// Prints where each program is, and builds nothing.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    for component in Component::ALL {
        let (name, version) = (component.name(), component.version()?);
        if let Some(path) = component.find()? {
            println!("{name} {version}  {}", path.display());
        } else if arguments.list {
            println!("{name} {version}  absent");
        } else {
            println!("{name} {version}  is being built");
            let start = Instant::now();
            let path = component.build(arguments.jobs)?;
            println!("{name} {version}  {} after {:.0} s", path.display(), start.elapsed().as_secs_f64());
        }
    }
    if !arguments.list {
        match build_busybox()? {
            Some(path) => println!("busybox  {}", path.display()),
            None => println!("busybox  can't be built without apt, gcc and make"),
        }
    }
    Ok(())
}
