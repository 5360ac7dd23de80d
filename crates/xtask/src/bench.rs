//! `cargo xtask bench`: cold processes on generated projects, beside docker-compose in the same run; manifests and a Dockerfile beside the
//! tools that check them; and the whole corpus in one process, where it is present.

mod manifests;

mod operator;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::measure::{Figures, measure};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Numbers of services.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1000, 10_000])]
    services: Vec<usize>,
    /// Leaves the other tools out: docker-compose, kubeconform, hadolint.
    #[arg(long)]
    alone: bool,
    /// Leaves the corpus out.
    #[arg(long)]
    generated: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// The operator with many Stacks on a real control plane, beside a loader that sends the same writes with no logic.
    Operator(operator::Arguments),
}

/// docker-compose does not finish within minutes above this number of services.
const MAX_FOR_DOCKER_COMPOSE: usize = 1000;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(What::Operator(arguments)) = &arguments.what {
        return operator::run(arguments);
    }
    let root = windlass_testkit::workspace();
    build(&["--package", "windlass", "--bins"])?;
    build(&["--package", "windlass-yaml", "--example", "parse"])?;
    let windlass = root.join("target/release/windlass");
    let parse = root.join("target/release/examples/parse");
    let docker_compose = if arguments.alone { None } else { Some(windlass_testkit::docker_compose()?) };
    let directory = root.join("target/bench");
    fs::create_dir_all(&directory)?;
    println!("cold processes, median of the runs (fastest–slowest), peak resident memory");
    for &services in &arguments.services {
        let input = project(services);
        let file = directory.join(format!("{services}.yaml"));
        fs::write(&file, &input)?;
        println!("\n{services} services, {} bytes", input.len());
        let runs = match services {
            ..=100 => 31,
            101..=1000 => 11,
            _ => 3,
        };
        let file = path(&file)?;
        row("parsing alone", measure(runs, 60, &[path(&parse)?, file]), &[], input.len());
        // Loading without printing.
        row("windlass config -q", measure(runs, 60, &[path(&windlass)?, "config", "-q", "-f", file]), &[], input.len());
        let config = row("windlass config", measure(runs, 60, &[path(&windlass)?, "config", "-f", file]), &[], input.len());
        let convert = row("windlass convert", measure(runs, 60, &[path(&windlass)?, "convert", "-q", "-f", file]), &[], input.len());
        if let Some(docker_compose) = docker_compose.as_deref().filter(|_| services <= MAX_FOR_DOCKER_COMPOSE) {
            let ours: Vec<_> =
                [("config", config), ("convert", convert)].into_iter().filter_map(|(name, ours)| Some((name, ours?))).collect();
            row("docker-compose config", measure(runs.min(5), 120, &[path(docker_compose)?, "-f", file, "config"]), &ours, input.len());
        }
    }
    manifests::run(&windlass, &directory, arguments.alone)?;
    if !arguments.generated && windlass_testkit::shared("corpus").is_some() {
        build(&["--package", "windlass-suite", "--example", "corpus"])?;
        print!("\nthe corpus in one process: ");
        Command::new(root.join("target/release/examples/corpus")).current_dir(&root).status()?;
    }
    Ok(())
}

/// Builds a part of the workspace for speed.
pub(crate) fn build(what: &[&str]) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    let status = cargo.args(["build", "--release", "--locked"]).args(what).current_dir(windlass_testkit::workspace()).status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(())
}

pub(crate) fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().ok_or_else(|| anyhow::anyhow!("{} is not UTF-8", path.display()))
}

fn row(name: &str, figures: anyhow::Result<Figures>, against: &[(&str, Figures)], input: usize) -> Option<Figures> {
    match figures {
        Ok(figures) => {
            let mut line = format!(
                "  {name:<24}{:>10.1} ms ({:.1}–{:.1}) {:>8.1} MiB",
                figures.median_ms,
                figures.range_ms.0,
                figures.range_ms.1,
                figures.peak_bytes as f64 / f64::from(1 << 20)
            );
            if against.is_empty() {
                let _ = write!(line, "  (budget {:.1} MiB)", 24.0 + 80.0 * input as f64 / f64::from(1 << 20));
            }
            for (at, (name, ours)) in against.iter().enumerate() {
                let and = if at > 0 { "," } else { " " };
                let _ = write!(line, "{and} {:.0} times `windlass {name}`", figures.median_ms / ours.median_ms);
            }
            println!("{line}");
            Some(figures)
        }
        Err(error) => {
            println!("  {name:<24}{error}");
            None
        }
    }
}

/// A project of `services` services, each with an image, 2 ports, a health check, limits, 10 variables, a volume and a
/// dependency on the one before it.
pub(crate) fn project(services: usize) -> String {
    let mut text = String::from("services:\n");
    for number in 0..services {
        let _ = write!(
            text,
            "  app{number}:\n    image: registry.example.com/acme/app{number}:1.{}\n    ports:\n      - \"{}:8080\"\n      - \"{}:9090\"\n    \
             healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://localhost:8080/health\"]\n      interval: 10s\n      timeout: 5s\n      \
             retries: 3\n      start_period: 20s\n    deploy:\n      resources:\n        limits: {{ cpus: \"0.50\", memory: 256M }}\n        \
             reservations: {{ cpus: \"0.25\", memory: 128M }}\n    environment:\n",
            number % 10,
            10_000 + number,
            20_000 + number,
        );
        for variable in 0..10 {
            let _ = writeln!(text, "      SETTING_{variable}: value-{variable}-of-app{number}");
        }
        let _ = write!(text, "    volumes:\n      - data{number}:/var/lib/app\n");
        if number > 0 {
            let _ = write!(text, "    depends_on:\n      app{}:\n        condition: service_healthy\n", number - 1);
        }
    }
    text.push_str("volumes:\n");
    for number in 0..services {
        let _ = writeln!(text, "  data{number}:");
    }
    text
}
