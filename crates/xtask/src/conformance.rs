//! `cargo xtask conformance`: the checks over the whole corpus, which take too long for every change. Writes
//! `tests/conformance/results.md`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use windlass_testkit::{Component, shared, workspace};

/// A test of the suite that looks at more when `WINDLASS_CORPUS=all`, and prints `result: …`.
struct Check {
    what: &'static str,
    target: &'static str,
    test: &'static str,
}

const CHECKS: [Check; 6] = [
    Check {
        what: "projects load as docker compose loads them",
        target: "docker_compose",
        test: "projects_of_the_corpus_load_as_docker_compose_loads_them",
    },
    Check {
        what: "every value has one fate, every place exists, every container has probes, requests and limits or the reason why not, no secret is told",
        target: "convert",
        test: "projects_of_the_corpus_keep_what_holds_of_every_conversion",
    },
    Check {
        what: "the canonical file converts to the same objects",
        target: "canonical",
        test: "projects_of_the_corpus_convert_alike_from_their_canonical_files",
    },
    Check {
        what: "kustomize renders base and overlays to the plain conversions",
        target: "kustomize",
        test: "overlays_of_the_corpus_give_the_conversions_of_their_environments",
    },
    Check {
        what: "helm renders charts to the plain conversions, with their own values and with every variable changed",
        target: "helm",
        test: "charts_of_the_corpus_give_the_plain_conversions_with_every_value",
    },
    Check {
        what: "the API server accepts every object: created with strict field validation, deleted again",
        target: "api_server",
        test: "every_object_of_the_cases_and_the_corpus_is_accepted_by_the_api_server",
    },
];

/// Fails where the suite would skip: a run that tried nothing is no result.
pub(crate) fn run() -> anyhow::Result<()> {
    let corpus = shared("corpus").context("there is no corpus")?;
    for component in [Component::Etcd, Component::ApiServer, Component::Kustomize, Component::Helm] {
        if component.find()?.is_none() {
            bail!(component.remedy());
        }
    }
    let runsets = fs::read_to_string(corpus.join("RUNSETS.tsv"))?.lines().skip(1).count();
    let mut text = format!(
        "<!-- Written by `cargo xtask conformance`. -->\n\n# The whole corpus\n\n{} at commit {}: {runsets} runsets of public projects; \
         kube-apiserver {}, etcd {}, verdicts of docker compose 2.40.3.\n\n| check | result | seconds |\n|---|---|---|\n",
        printed("date", &["-u", "+%Y-%m-%d"])?,
        printed("git", &["rev-parse", "--short", "HEAD"])?,
        Component::ApiServer.version()?,
        Component::Etcd.version()?,
    );
    let mut failed = Vec::new();
    for check in CHECKS {
        let start = Instant::now();
        let (passed, results) = check.run()?;
        if results.is_empty() {
            bail!("`{}` printed no result", check.test);
        }
        let _ = writeln!(text, "| {} | {} | {:.0} |", check.what, results.join("; "), start.elapsed().as_secs_f64());
        if !passed {
            failed.push(check.test);
        }
    }
    fs::write(workspace().join("tests/conformance/results.md"), text)?;
    println!("wrote tests/conformance/results.md");
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

impl Check {
    /// Whether it passed, and what it printed as its result.
    fn run(&self) -> anyhow::Result<(bool, Vec<String>)> {
        let arguments =
            ["test", "--package", "windlass-suite", "--locked", "--test", self.target, "--", "--nocapture", "--exact", self.test];
        let mut child = Command::new("cargo")
            .args(arguments)
            .env("WINDLASS_CORPUS", "all")
            .current_dir(workspace())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start cargo")?;
        let mut results = Vec::new();
        for line in BufReader::new(child.stdout.take().context("its output is piped")?).lines() {
            let line = line?;
            println!("{line}");
            // The test's name stands before what it prints first.
            results.extend(
                line.split_once("result: ")
                    .map(|(_, result)| result.to_owned())
                    .filter(|result| !result.starts_with("ok.") && !result.starts_with("FAILED")),
            );
        }
        Ok((child.wait()?.success(), results))
    }
}

fn printed(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output =
        Command::new(program).args(arguments).current_dir(workspace()).output().with_context(|| format!("can't start {program}"))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
