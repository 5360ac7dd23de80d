//! How the content of a datastore is written into one file and read back, while its server runs.

use serde::Deserialize;

/// A kind of datastore, by the programs that dump it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dump {
    /// `mongodump`: all databases.
    Mongo,
    /// `mysqldump`: all databases, with users and their rights.
    Mysql,
    /// `pg_dumpall`: all databases and roles.
    Postgres,
    /// Every key of every database. An answer of Redis has at most 512 MiB, so larger stores are carried with their volume.
    Redis,
}

impl Dump {
    /// `postgres`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mongo => "mongo",
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    /// What the name of the file ends in, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mongo => "archive.gz",
            Self::Mysql | Self::Postgres => "sql",
            Self::Redis => "resp",
        }
    }

    /// A script for `sh` in the server's container: with `save` it writes the content to standard output, with `load` it puts that of
    /// standard input in the place of what is there. It takes credentials from the container's environment.
    pub fn script(self) -> &'static str {
        match self {
            Self::Mongo => include_str!("dump/mongo.sh"),
            Self::Mysql => include_str!("dump/mysql.sh"),
            Self::Postgres => include_str!("dump/postgres.sh"),
            Self::Redis => include_str!("dump/redis.sh"),
        }
    }
}
