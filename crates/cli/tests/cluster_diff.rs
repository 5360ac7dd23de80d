//! `diff --against cluster` as a person at a shell meets it: the binary, the real kubectl, a real API server.
#![expect(clippy::disallowed_methods, reason = "runs the binary and kubectl")]

#[path = "server/programs.rs"]
mod programs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use programs::programs;
use windlass_testkit::{Cluster, Component, Setup};

/// A shell with kubectl and a project.
struct Shell {
    home: tempfile::TempDir,
    path: PathBuf,
    kubeconfig: PathBuf,
}

impl Shell {
    fn run(&self, program: &Path, words: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.home.path()).env_clear().env("HOME", self.home.path());
        command.env("PATH", &self.path).env("KUBECONFIG", &self.kubeconfig).output().expect("it runs")
    }

    fn compose(&self, text: &str) {
        fs::write(self.home.path().join("compose.yaml"), format!("name: shop\n{text}")).expect("writable");
    }

    fn kubectl(&self, words: &[&str]) {
        let output = self.run(&self.path.join("kubectl"), words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Converts into `k8s` and applies it.
    fn apply(&self, flags: &[&str]) {
        let output = self.run(Path::new(env!("CARGO_BIN_EXE_windlass")), &["convert", "-q", "-o", "k8s"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.kubectl(&[&["apply", "--recursive", "--filename", "k8s"], flags].concat());
    }

    /// The exit code, the lines of the diff that say something, and what is told.
    fn diff(&self, flags: &[&str]) -> (Option<i32>, Vec<String>, String) {
        let output = self.run(Path::new(env!("CARGO_BIN_EXE_windlass")), &[&["diff", "--against", "cluster"], flags].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().filter(|line| line.starts_with(['-', '+'])).map(str::to_owned).collect();
        (output.status.code(), lines, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const SHOP: &str = "
services:
  web:
    image: nginx:1.27
    ports: ['80:80']
    environment: { COLOUR: green, API_TOKEN: correct-horse }
    configs: [{ source: site, target: /etc/site }]
  members: { image: 'mongo:7', deploy: { replicas: 3 }, volumes: ['members:/data/db'] }
  nightly: { image: acme/job, labels: { swarm.cronjob.enable: 'true', swarm.cronjob.schedule: '0 3 * * *' } }
volumes: { members: {} }
configs: { site: { content: 'one' } }
";

#[test]
fn what_applying_would_change_in_a_cluster_is_told() {
    let Some(kubectl) = Component::Kubectl.find().expect("a version").filter(|_| Component::Kubectl.is_there()) else { return };
    let setup = Setup { users: &["nobody"], ..Setup::default() };
    let Some(cluster) = Cluster::start_with(setup).expect("the control plane starts") else { return };
    let home = tempfile::tempdir().expect("a temporary directory");
    let path = programs(home.path(), Some(&kubectl));
    let mut shell = Shell { home, path, kubeconfig: cluster.kubeconfig() };
    shell.compose(SHOP);

    let (code, lines, told) = shell.diff(&[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(lines.contains(&"+++ Deployment/web".to_owned()) && !lines.iter().any(|line| line.contains("correct-horse")), "{lines:#?}");

    // What the server fills in, and what controllers make, is no difference.
    shell.apply(&[]);
    let members = r#"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"members-members-0","labels":{"app.kubernetes.io/part-of":"shop","app.kubernetes.io/instance":"shop","app.kubernetes.io/managed-by":"windlass"}},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"#;
    assert!(cluster.client().create("/api/v1/namespaces/default/persistentvolumeclaims", members).expect("an answer").is_ok());
    assert_eq!(shell.diff(&[]), (Some(0), vec![], "objects: 10 the same\n".to_owned()));

    // A value that changes, one that goes, a service that goes, content with a hash in its name, a Secret's value.
    shell.compose(
        &SHOP
            .replace("nginx:1.27", "nginx:1.28")
            .replace("COLOUR: green, ", "")
            .replace("correct-horse", "other-horse")
            .replace("'one'", "'two'")
            .replace("  nightly:", "  daily:"),
    );
    let (code, lines, told) = shell.diff(&[]);
    assert_eq!(code, Some(1), "{told}");
    let has = |wanted: &str| assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}: {lines:#?}");
    for wanted in [
        "-        image: nginx:1.27",
        "+        image: nginx:1.28",
        "-        - name: COLOUR",
        "+  API_TOKEN: (differs)",
        "--- CronJob/nightly in the cluster",
        "+++ CronJob/daily",
    ] {
        has(wanted);
    }
    assert!(!lines.iter().any(|line| line.contains("horse")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("members") || line.contains("type: Opaque")), "{lines:#?}");
    // Nothing was changed by asking.
    shell.compose(SHOP);
    assert_eq!(shell.diff(&[]).0, Some(0));

    // With server-side apply the server itself knows what was applied.
    shell.kubectl(&["create", "namespace", "two"]);
    shell.apply(&["--server-side", "--namespace", "two"]);
    shell.kubectl(&["config", "set-context", "--current", "--namespace", "two"]);
    assert_eq!(shell.diff(&[]).0, Some(0));
    shell.compose(&SHOP.replace("COLOUR: green, ", ""));
    let (_, lines, _) = shell.diff(&[]);
    assert!(lines.iter().any(|line| line.contains("-        - name: COLOUR")), "{lines:#?}");

    // What can't be changed is told.
    shell.compose(
        &SHOP
            .replace("members:/data/db", "members:/data/db', 'other:/other")
            .replace("volumes: { members: {} }", "volumes: { members: {}, other: {} }"),
    );
    let (code, _, told) = shell.diff(&[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("the cluster would refuse StatefulSet/members") && told.contains("Forbidden"), "{told}");

    shell.kubeconfig = cluster.kubeconfig_of("nobody");
    let (code, _, told) = shell.diff(&[]);
    assert_eq!(code, Some(2));
    assert!(told.contains("the cluster does not give"), "{told}");
}
