//! PHP's settings as a service has them: every file that it mounts or copies, in the order in which PHP reads them.

use windlass_conf::ini::{Dialect, Entry, Ini};

use super::config_file::ConfigContext;
use super::service::ServiceContext;

/// Where the official images look for PHP's files.
const DIRECTORIES: [&str; 4] = ["/etc/php/conf.d/", "/etc/php/php.ini", "/fpm/conf.d/", "/cli/conf.d/"];

impl ConfigContext<'_> {
    /// True unless every service that has this file has another one that PHP reads later and that takes the setting back.
    pub fn decides(self, entry: &Entry) -> bool {
        let is_taken_back =
            |service: ServiceContext<'_>| service.php_setting(&entry.key.text).is_some_and(|other| !std::ptr::eq(other, entry));
        self.uses().is_empty() || !self.services().all(|(service, _)| is_taken_back(service))
    }
}

impl<'a> ServiceContext<'a> {
    /// The files of PHP's settings, each with its path in the container, in the order in which PHP reads them: `php.ini`, then those of
    /// `conf.d` by name. The last one that sets something decides.
    pub fn php_files(self) -> Vec<(ConfigContext<'a>, &'a Ini, &'a str)> {
        let mut files: Vec<_> = self.places(ConfigContext::php);
        files.retain(|(.., target)| DIRECTORIES.iter().any(|directory| target.contains(directory)) || target.ends_with("/php.ini"));
        files.sort_by_key(|(.., target)| (target.contains("conf.d"), target.rsplit('/').next()));
        files
    }

    /// The entry of PHP's settings that decides.
    pub fn php_setting(self, key: &str) -> Option<&'a Entry> {
        self.php_files().into_iter().rev().find_map(|(_, ini, _)| ini.get(key))
    }

    /// The pools of PHP-FPM, in the order in which it reads them.
    pub fn fpm_files(self) -> Vec<(ConfigContext<'a>, &'a Ini, &'a str)> {
        let mut files = self.places(ConfigContext::fpm_pool);
        files.sort_by_key(|(.., target)| target.rsplit('/').next());
        files
    }

    /// The entry of its pools that decides.
    pub fn fpm_setting(self, key: &str) -> Option<&'a Entry> {
        self.fpm_files().into_iter().rev().find_map(|(_, ini, _)| ini.get(key))
    }

    /// Runs PHP-FPM: its words say so, or its image does it by itself.
    pub fn runs_fpm(self) -> bool {
        let words = self.words();
        if words.is_empty() {
            return self.runs("php") && self.image().is_some_and(|image| image.ports.iter().any(|port| port.port == 9000));
        }
        words.iter().any(|word| {
            word.split([' ', '/', '"']).any(|part| part == "php-fpm" || part.starts_with("php-fpm8") || part.starts_with("php-fpm7"))
        })
    }

    /// True where its Dockerfile changes a pool in a way that is not followed: by a script, or with a directory that is copied whole.
    pub fn may_tune_fpm(self) -> bool {
        const POOLS: &str = "/usr/local/etc/php-fpm.d";
        let copies = self.built().map(|built| built.copies.as_slice()).unwrap_or_default();
        let is_above = |destination: &str| destination.len() > 1 && POOLS.starts_with(destination.trim_end_matches('/'));
        let script = |file| {
            let text = self.context().sources().file(file).text();
            ["pm.max_children", "php-fpm.d/", "php-fpm.conf", "PHP_FPM_"].iter().any(|word| text.contains(word))
        };
        copies.iter().any(|copy| is_above(&copy.destination)) || self.dockerfile().is_some_and(|dockerfile| script(dockerfile.file()))
    }

    /// The bytes that one PHP process may take, and where that is written: the pool's value, the setting, else 128 MB.
    pub fn php_memory(self) -> (Option<u64>, Option<&'a Entry>) {
        let entry = ["php_admin_value[memory_limit]", "php_value[memory_limit]"].iter().find_map(|key| self.fpm_setting(key));
        match entry.or_else(|| self.php_setting("memory_limit")) {
            Some(entry) => (Dialect::Php.bytes(entry.text()), Some(entry)),
            None => (Some(128 << 20), None),
        }
    }
}
