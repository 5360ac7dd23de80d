//! Workflows of both systems.

use windlass_source::SourceMap;

use super::*;

fn read(text: &str, system: System) -> (SourceMap, Workflow) {
    let mut map = SourceMap::new();
    let file = map.add("ci.yml", text);
    let parsed = parse(file, text, system);
    assert_eq!(parsed.diagnostics, []);
    (map, parsed.value)
}

#[test]
fn jobs_of_github_have_steps() {
    let (map, workflow) = read(
        "on: push
jobs:
  build:
    container: { image: node:22 }
    steps:
      - uses: actions/checkout@v4
      - uses: 'aquasecurity/trivy-action@0123456789012345678901234567890123456789'
        with: { image-ref: app, exit-code: 0 }
        continue-on-error: true
      - run: docker build .
      - uses: ./local
  call:
    uses: org/repo/.github/workflows/x.yml@main
    continue-on-error: ${{ matrix.x }}
",
        System::GitHub,
    );
    let build = &workflow.jobs[0];
    assert_eq!(build.image.as_ref().map(Word::as_str), Some("node:22"));
    let references: Vec<_> = build.steps.iter().filter_map(|step| step.uses.as_ref()?.reference.as_ref()).collect();
    assert_eq!(
        references.iter().map(|word| map.slice(word.span)).collect::<Vec<_>>(),
        references.iter().map(|word| word.as_str()).collect::<Vec<_>>()
    );
    assert!(build.steps[1].uses.as_ref().is_some_and(Uses::is_commit) && !build.steps[0].uses.as_ref().is_some_and(Uses::is_commit));
    assert_eq!(build.steps[1].argument("exit-code").map(Word::as_str), Some("0"));
    assert_eq!(build.steps[1].may_fail.map(|span| map.slice(span)), Some("continue-on-error: true"));
    assert!(build.steps[3].uses.as_ref().is_some_and(Uses::is_local));
    assert_eq!(workflow.jobs[1].uses[0].name(), "org/repo/.github/workflows/x.yml");
    assert_eq!(workflow.jobs[1].may_fail, None);
}

#[test]
fn jobs_of_gitlab_have_scripts() {
    let (_, workflow) = read(
        "spec: { inputs: {} }
---
stages: [test]
include: [{ template: Security/Container-Scanning.gitlab-ci.yml }, local.yml, { project: a, file: [b.yml, c.yml] }]
default: { image: ruby:3 }
variables: { A: b }
scan:
  image: { name: aquasec/trivy }
  script: [trivy image app, [a, b]]
  allow_failure: true
other: { extends: .base, script: make, allow_failure: { exit_codes: 1 } }
",
        System::GitLab,
    );
    let words = |words: &[Word]| words.iter().map(|word| word.text.to_string()).collect::<Vec<_>>();
    assert_eq!(words(&workflow.includes), ["Security/Container-Scanning.gitlab-ci.yml", "local.yml", "b.yml", "c.yml"]);
    let names: Vec<_> = workflow.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["scan", "other"]);
    assert_eq!(workflow.jobs[0].steps.len(), 3);
    assert!(workflow.jobs[0].may_fail.is_some() && workflow.jobs[1].may_fail.is_none());
    assert_eq!(workflow.jobs[1].uses[0].name(), ".base");
}

#[test]
fn what_has_another_shape_is_nothing() {
    for text in ["", "[]", "jobs: [a]", "jobs: { a: 1, b: { steps: {} } }", "include: { a: [[]] }"] {
        for system in [System::GitHub, System::GitLab] {
            let (_, workflow) = read(text, system);
            assert!(workflow.jobs.iter().all(|job| job.steps.is_empty()), "{text}");
        }
    }
}
