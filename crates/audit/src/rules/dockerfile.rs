//! Rules over Dockerfiles and `.dockerignore`.

use crate::context::{Install, Manager, StageContext};
use crate::findings::Findings;
use crate::rule::Rule;

mod add_for_copy;
mod apk_cache;
mod apk_unpinned;
mod apt_lists_kept;
mod apt_no_yes;
mod apt_not_aptget;
mod apt_recommends;
mod apt_unpinned;
mod arg_scope;
mod base_eol;
mod base_not_digest;
mod base_not_minimal;
mod base_tag_latest;
mod base_untrusted;
mod build_tools_in_final;
mod cache_order;
mod casing;
mod cd_not_workdir;
mod chpasswd;
mod composer_autoload;
mod composer_dev_deps;
mod config_cache_at_build;
mod consecutive_run;
mod copy_everything;
mod copy_from_self;
mod copy_from_undefined;
mod copy_from_unpinned;
mod copy_ignored;
mod copy_multi_dest;
mod copy_relative;
mod curl_pipe_sh;
mod cve;
mod dev_ini_in_prod;
mod dist_upgrade;
mod dockerignore_incomplete;
mod dockerignore_missing;
mod dockerignore_overreach;
mod empty_continuation;
mod expose_format;
mod expose_many;
mod expose_range;
mod expose_ssh;
mod healthcheck_binary_absent;
mod healthcheck_missing;
mod healthcheck_multiple;
mod healthcheck_no_params;
mod healthcheck_none;
mod junk_files;
mod labels;
mod lang_unpinned;
mod laravel_caches;
mod legacy_kv;
mod maintainer;
mod many_processes;
mod multiple_cmd;
mod multiple_entrypoint;
mod no_cache_mount;
mod no_security_upgrade;
mod npm_not_ci;
mod opcache_absent;
mod order;
mod pecl_unpinned;
mod php_exts;
mod pip_unpinned_cache;
mod pipefail;
mod platform_flag;
mod pointless_cmd;
mod pragma_policy;
mod recursive_chown_layer;
mod rpm_clean;
mod rpm_no_yes;
mod rpm_unpinned;
mod secret_in_image;
mod setuid;
mod shell_form;
mod shellcheck;
mod signed_artifacts;
mod single_stage;
mod size_over_goal;
mod size_over_limit;
mod stage_comments;
mod stage_dup;
mod stage_reserved;
mod stale;
mod stopsignal;
mod sudo;
mod tar_not_add;
mod tls_verify_off;
mod uid_gid_dups;
mod unsigned_packages;
mod update_alone;
mod user_non_numeric;
mod user_root;
mod useradd_high_uid;
mod wget_and_curl;
mod wget_progress;
mod workdir_relative;
mod workdir_system;
mod writable_dirs;

pub(super) static RULES: &[&Rule] = &[
    &add_for_copy::RULE,
    &apk_cache::RULE,
    &apk_unpinned::RULE,
    &apt_lists_kept::RULE,
    &apt_no_yes::RULE,
    &apt_not_aptget::RULE,
    &apt_recommends::RULE,
    &apt_unpinned::RULE,
    &arg_scope::RULE,
    &base_eol::RULE,
    &base_not_digest::RULE,
    &base_not_minimal::RULE,
    &base_tag_latest::RULE,
    &base_untrusted::RULE,
    &build_tools_in_final::RULE,
    &cache_order::RULE,
    &casing::RULE,
    &cd_not_workdir::RULE,
    &chpasswd::RULE,
    &composer_autoload::RULE,
    &composer_dev_deps::RULE,
    &config_cache_at_build::RULE,
    &consecutive_run::RULE,
    &copy_everything::RULE,
    &copy_from_self::RULE,
    &copy_from_undefined::RULE,
    &copy_from_unpinned::RULE,
    &copy_ignored::RULE,
    &copy_multi_dest::RULE,
    &copy_relative::RULE,
    &curl_pipe_sh::RULE,
    &cve::RULE,
    &dev_ini_in_prod::RULE,
    &dist_upgrade::RULE,
    &dockerignore_incomplete::RULE,
    &dockerignore_missing::RULE,
    &dockerignore_overreach::RULE,
    &empty_continuation::RULE,
    &expose_format::RULE,
    &expose_many::RULE,
    &expose_range::RULE,
    &expose_ssh::RULE,
    &healthcheck_binary_absent::RULE,
    &healthcheck_missing::RULE,
    &healthcheck_multiple::RULE,
    &healthcheck_no_params::RULE,
    &healthcheck_none::RULE,
    &junk_files::RULE,
    &labels::RULE,
    &lang_unpinned::RULE,
    &laravel_caches::RULE,
    &legacy_kv::RULE,
    &maintainer::RULE,
    &many_processes::RULE,
    &multiple_cmd::RULE,
    &multiple_entrypoint::RULE,
    &no_cache_mount::RULE,
    &no_security_upgrade::RULE,
    &npm_not_ci::RULE,
    &opcache_absent::RULE,
    &order::RULE,
    &pecl_unpinned::RULE,
    &php_exts::RULE,
    &pip_unpinned_cache::RULE,
    &pipefail::RULE,
    &platform_flag::RULE,
    &pointless_cmd::RULE,
    &pragma_policy::RULE,
    &recursive_chown_layer::RULE,
    &rpm_clean::RULE,
    &rpm_no_yes::RULE,
    &rpm_unpinned::RULE,
    &secret_in_image::RULE,
    &setuid::RULE,
    &shell_form::RULE,
    &shellcheck::RULE,
    &signed_artifacts::RULE,
    &single_stage::RULE,
    &size_over_goal::RULE,
    &size_over_limit::RULE,
    &stage_comments::RULE,
    &stage_dup::RULE,
    &stage_reserved::RULE,
    &stale::RULE,
    &stopsignal::RULE,
    &sudo::RULE,
    &tar_not_add::RULE,
    &tls_verify_off::RULE,
    &uid_gid_dups::RULE,
    &unsigned_packages::RULE,
    &update_alone::RULE,
    &user_non_numeric::RULE,
    &user_root::RULE,
    &useradd_high_uid::RULE,
    &wget_and_curl::RULE,
    &wget_progress::RULE,
    &workdir_relative::RULE,
    &workdir_system::RULE,
    &writable_dirs::RULE,
];

/// Reports what package managers install without a version, for the rules that differ in the managers alone.
fn unpinned(stage: &StageContext<'_>, managers: &[Manager], help: &str, findings: &mut Findings<'_>) {
    let mut is_there = false;
    // What is installed again keeps its version.
    for (_, install) in stage.installs_with(managers).filter(|(_, install)| install.verb.text != "reinstall") {
        is_there = true;
        let unpinned = install.unpinned();
        if unpinned.is_empty() {
            continue;
        }
        let grade = stage.grade(findings.severity());
        findings.report(install.command.span(), format!("{} without a version", Install::names(&unpinned))).severity(grade).help(help);
    }
    if !is_there {
        findings.not_applicable();
    }
}
