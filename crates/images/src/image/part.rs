//! Images that hold several servers (`jobmanager` and `taskmanager`, `hdfs namenode` and `yarn nodemanager`): which of them a service runs.

use serde::Deserialize;

use super::{Health, Image, Lifetime, Port, split_wrappers, without_paths};

/// One of the servers of an image, with what differs from the entry.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// First words of a `command`, as of `programs`, or a variable with its value: `jobmanager`, `SPARK_MODE=worker`.
    pub chosen_by: Vec<String>,
    /// Instead of the entry's; none where it listens on none that others must know.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// Instead of the entry's.
    #[serde(default)]
    pub port_settings: Vec<(String, u16)>,
    /// Instead of the entry's.
    #[serde(default)]
    pub health: Health,
}

impl Part {
    /// The first words of commands that choose it.
    pub(super) fn programs(&self) -> impl Iterator<Item = &str> {
        self.chosen_by.iter().map(String::as_str).filter(|choice| !choice.contains('='))
    }
}

impl Image {
    /// The image as the part that the words of a command, or else a variable, choose.
    pub(super) fn as_part<'a>(&self, words: &[&str], variable: &dyn Fn(&str) -> Option<&'a str>) -> Option<Self> {
        if self.parts.is_empty() {
            return None;
        }
        let words = without_paths(split_wrappers(words).1);
        let is_started = |part: &&Part| part.programs().any(|known| self.is_program(known, &words));
        let is_told = |choice: &String| choice.split_once('=').is_some_and(|(name, value)| variable(name) == Some(value));
        let by_variable = || self.parts.iter().find(|part| part.chosen_by.iter().any(is_told));
        let Part { chosen_by: _, ports, port_settings, health } = self.parts.iter().find(is_started).or_else(by_variable)?.clone();
        Some(Self { lifetime: Lifetime::Server, ports, port_settings, health, parts: Vec::new(), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::image::Lifetime;
    use crate::{Reference, catalogue};

    /// The ports of an image with this command and variable, if it serves then.
    fn ports(image: &str, command: &str, variable: (&str, &'static str)) -> Option<Vec<u16>> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let image = catalogue::find(&Reference::parse(image).unwrap()).unwrap();
        let is_server = image.is_server_command(&words);
        let image = image.configured(&words, |name| (name == variable.0).then_some(variable.1));
        (is_server && image.lifetime == Lifetime::Server).then(|| image.ports.iter().map(|port| port.port).collect())
    }

    #[test]
    fn the_command_chooses_the_part_and_its_ports() {
        for (image, command, expected) in [
            ("flink:1.19", "jobmanager", &[8081, 6123, 6124][..]),
            ("flink:1.19", "/docker-entrypoint.sh standalone-job --job-classname a.B", &[8081, 6123, 6124]),
            ("flink:1.19", "taskmanager", &[]),
            ("apache/spark:3.5.0", "/opt/spark/bin/spark-class org.apache.spark.deploy.master.Master", &[8080, 7077]),
            ("apache/spark:3.5.0", "bin/spark-class org.apache.spark.deploy.worker.Worker spark://m:7077", &[8081]),
            ("storm:2.6", "storm nimbus", &[6627]),
            ("chrislusf/seaweedfs", "volume -mserver=master:9333 -port=8081", &[8081, 18080]),
            ("chrislusf/seaweedfs", "master -ip=master", &[9333, 19333]),
            ("apachepulsar/pulsar", "bin/pulsar bookie", &[3181]),
            ("apachepulsar/pulsar", "bin/pulsar standalone", &[6650, 8080]),
            ("apache/hadoop:3", "hdfs namenode", &[8020, 9870]),
            ("apache/hadoop:2", "hdfs namenode", &[8020, 50070]),
        ] {
            assert_eq!(ports(image, command, ("", "")).as_deref(), Some(expected), "{image} {command}");
        }
    }

    #[test]
    fn a_variable_chooses_the_part_and_its_ports() {
        assert_eq!(ports("bitnami/spark:3.5", "", ("SPARK_MODE", "worker")), Some(vec![8081]));
        assert_eq!(ports("bitnami/spark:3.5", "", ("SPARK_MODE", "master")), Some(vec![8080, 7077]));
        assert_eq!(ports("temporalio/server", "", ("SERVICES", "history")), Some(vec![7234]));
        assert_eq!(ports("temporalio/server", "", ("SERVICES", "history:matching")), Some(vec![7233]));
    }

    #[test]
    fn another_command_is_no_part() {
        for (image, command) in [
            ("flink:1.19", "flink run /a.jar"),
            ("apache/spark:3.5.0", "spark-submit /a.py"),
            ("apache/spark:3.5.0", "spark-class org.apache.spark.deploy.SparkSubmit"),
            ("storm:2.6", "storm jar /a.jar"),
            ("apache/hadoop:3", "hdfs dfs -ls /"),
            ("apachepulsar/pulsar", "bin/pulsar initialize-cluster-metadata"),
        ] {
            assert_eq!(ports(image, command, ("", "")), None, "{image} {command}");
        }
    }
}
