//! Controls and the categories that own them.
//!
//! A control is what people mean by one check of a list: "containers can't gain privileges". Rules that find the same defect in
//! different places (Dockerfile, compose file, manifest) belong to one control, so a defect lowers exactly one category, once.

macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $item:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $item,)* }

        impl $name {
            /// All, in the order in which reports show them.
            pub const ALL: &[Self] = &[$(Self::$item,)*];

            /// The name that people and programs see.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$item => $text,)* }
            }
        }
    };
}

named! {
    /// A chapter of the report, with a score of its own.
    Category {
        /// Dockerfile practices.
        Dockerfile = "Dockerfile best practices",
        /// Compose files.
        Compose = "Compose configuration",
        /// Privileges, secrets, trust.
        Security = "Security posture",
        /// Size and layers of images.
        Image = "Image optimization",
        /// Health checks.
        Health = "Health checks",
        /// Ports and networks.
        Networking = "Networking",
        /// Data and mounts.
        Persistence = "Data persistence",
        /// Replicas, updates, background work.
        Orchestration = "Orchestration",
        /// Settings of nginx, PHP, Redis, MySQL and the framework.
        Configuration = "Configuration",
        /// Logs and metrics.
        Monitoring = "Monitoring",
        /// Backup and recovery.
        Backup = "Backup & disaster recovery",
        /// Limits, budgets, cost.
        Resources = "Cost & resources",
        /// Guides and comments.
        Documentation = "Documentation",
        /// Tests, scans and CI.
        Validation = "Validation",
    }
}

impl Category {
    /// True for the eight that make the overall score.
    pub fn is_key(self) -> bool {
        self <= Self::Orchestration
    }
}

macro_rules! controls {
    ($($category:ident { $($(#[$doc:meta])* $control:ident = $text:literal,)* })*) => {
        named! {
            /// A group of rules that say one thing, owned by one category.
            Control { $($($(#[$doc])* $control = $text,)*)* }
        }

        impl Control {
            /// The category whose score it lowers.
            pub fn category(self) -> Category {
                match self { $($(Self::$control)|* => Category::$category,)* }
            }
        }
    };
}

controls! {
    Dockerfile {
        /// Base images, packages and images are pinned.
        PinnedVersions = "pinned-versions",
        /// What builds is not what is shipped.
        MultiStageBuild = "multi-stage-build",
        /// Package managers are called as scripts must.
        PackageManagers = "package-managers",
        /// `COPY` and `ADD` do what they seem to.
        CopyInstructions = "copy-instructions",
        /// Working directories.
        WorkingDirectory = "working-directory",
        /// Shell commands of `RUN`.
        ShellCommands = "shell-commands",
        /// One process, that gets its signals.
        ProcessModel = "process-model",
        /// The form of a Dockerfile.
        DockerfileSyntax = "dockerfile-syntax",
        /// Labels of images.
        ImageLabels = "image-labels",
        /// The application may write where it has to.
        WritableDirectories = "writable-directories",
    }
    Compose {
        /// Services start when what they need is there.
        StartOrder = "start-order",
        /// Containers are started again.
        RestartPolicy = "restart-policy",
        /// The form of a compose file.
        ComposeSyntax = "compose-syntax",
        /// Development stays out of production.
        EnvironmentSeparation = "environment-separation",
    }
    Security {
        /// Images run as somebody else than root.
        ImageUser = "image-user",
        /// Linux capabilities.
        Capabilities = "capabilities",
        /// Containers can't write to their image or gain privileges.
        RuntimeHardening = "runtime-hardening",
        /// Containers are apart from the host.
        HostAccess = "host-access",
        /// Secrets stand nowhere in the clear.
        Secrets = "secrets",
        /// Datastores ask who is there.
        DatastoreAccess = "datastore-access",
        /// Images come from where they should, and are kept up to date.
        TrustedImages = "trusted-images",
        /// Downloads and packages are verified.
        PackageTrust = "package-trust",
        /// Nothing in an image helps an attacker.
        ImageContent = "image-content",
        /// No shells over the network.
        RemoteAccess = "remote-access",
        /// Debugging is off in production.
        DebugMode = "debug-mode",
        /// TLS and paths of web servers.
        WebServerSecurity = "web-server-security",
        /// Workflows can't be taken over.
        CiSecurity = "ci-security",
        /// Kubernetes permissions.
        Rbac = "rbac",
    }
    Image {
        /// Images are small.
        ImageSize = "image-size",
        /// Builds use the cache.
        BuildCache = "build-cache",
        /// Package managers leave nothing behind.
        PackageCaches = "package-caches",
        /// Layers hold no file twice.
        Layers = "layers",
        /// The build context holds what is needed.
        BuildContext = "build-context",
    }
    Health {
        /// Services have health checks that tell the truth.
        ServiceHealth = "service-health",
        /// Servers have something to ask.
        HealthEndpoints = "health-endpoints",
    }
    Networking {
        /// Only what must be is reachable from outside.
        PortExposure = "port-exposure",
        /// Services are on networks of their own.
        NetworkIsolation = "network-isolation",
        /// Ports and addresses do not collide.
        Addressing = "addressing",
        /// Proxies reach what they pass requests to.
        Upstreams = "upstreams",
        /// The edge speaks TLS.
        Tls = "tls",
    }
    Persistence {
        /// Data outlives containers.
        DatastoreVolumes = "datastore-volumes",
        /// Mounts are what they should be.
        Mounts = "mounts",
        /// Datastores write to disk.
        Durability = "durability",
    }
    Orchestration {
        /// Services run more than once, and can.
        Scaling = "scaling",
        /// Updates go without interruption, and back.
        Updates = "updates",
        /// Queues and schedules have somebody to work for them.
        BackgroundWork = "background-work",
        /// Containers end in good order.
        Shutdown = "shutdown",
    }
    Configuration {
        /// PHP.
        PhpSettings = "php-settings",
        /// Process pools.
        ProcessPool = "process-pool",
        /// What the framework prepares in an image.
        FrameworkBuild = "framework-build",
        /// Response headers.
        ResponseHeaders = "response-headers",
        /// Paths that nobody may fetch.
        PathAccess = "path-access",
        /// Limits of requests.
        RateLimits = "rate-limits",
        /// Settings of web servers.
        WebServerSettings = "web-server-settings",
        /// Settings of Redis.
        RedisSettings = "redis-settings",
        /// Settings of MySQL.
        MysqlSettings = "mysql-settings",
        /// Configuration files are read by whom they are for.
        ConfigLoaded = "config-loaded",
        /// Environment variables.
        Variables = "variables",
    }
    Monitoring {
        /// Logs are kept, and end.
        Logging = "logging",
        /// Metrics are collected.
        Metrics = "metrics",
        /// Logs are collected in one place.
        LogAggregation = "log-aggregation",
    }
    Backup {
        /// Data is copied away.
        Backups = "backups",
    }
    Resources {
        /// Limits and reservations.
        ResourceLimits = "resource-limits",
        /// What runs fits its limits.
        MemoryBudget = "memory-budget",
        /// All together fit the machine.
        Capacity = "capacity",
    }
    Documentation {
        /// Guides.
        Guides = "guides",
        /// Comments in files.
        Comments = "comments",
    }
    Validation {
        /// Images are scanned.
        ImageScan = "image-scan",
        /// What the pipeline builds.
        Pipeline = "pipeline",
        /// The stack is tested.
        StackTests = "stack-tests",
        /// A cluster takes it as it is.
        KubernetesReadiness = "kubernetes-readiness",
        /// Suppressions are current and say why.
        Suppressions = "suppressions",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_categories_make_the_overall_score() {
        assert_eq!(Category::ALL.iter().filter(|category| category.is_key()).count(), 8);
    }

    #[test]
    fn names_of_controls_are_unique_and_each_category_has_one() {
        let mut names: Vec<_> = Control::ALL.iter().map(|control| control.as_str()).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for category in Category::ALL {
            assert!(Control::ALL.iter().any(|control| control.category() == *category), "{category:?}");
        }
    }
}
