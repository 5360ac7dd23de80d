//! Configs and secrets of the top level. Their objects are made in `finish`, from the plan.

use smol_str::SmolStr;
use windlass_compose::model::{Config, Entry, Extensions, Labels, Secret};
use windlass_source::{Code, Diagnostic, Spanned};
use windlass_yaml::Path;

use crate::content::field;
use crate::decide::{Absent, FileObject, FileSource, Holds};
use crate::fates::{Fates, Place};

/// What is said of the attributes that configs and secrets share.
struct Parts<'a> {
    name: Option<&'a Spanned<SmolStr>>,
    driver: Option<&'a Spanned<SmolStr>>,
    driver_opts: Option<&'a Labels>,
    template_driver: Option<&'a Spanned<SmolStr>>,
    labels: &'a Labels,
    extensions: &'a Extensions,
}

pub(super) fn config(entry: &Entry<Config>, object: &FileObject, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let Config { name, file: _, content: _, environment: _, external: _, labels, template_driver, extensions } = &entry.value;
    let parts =
        Parts { name: name.as_ref(), driver: None, driver_opts: None, template_driver: template_driver.as_ref(), labels, extensions };
    file_object("configs", object, &parts, fates, diagnostics);
}

pub(super) fn secret(entry: &Entry<Secret>, object: &FileObject, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let Secret { name, file: _, environment: _, external: _, labels, driver, driver_opts, template_driver, extensions } = &entry.value;
    let parts = Parts {
        name: name.as_ref(),
        driver: driver.as_ref(),
        driver_opts: Some(driver_opts),
        template_driver: template_driver.as_ref(),
        labels,
        extensions,
    };
    file_object("secrets", object, &parts, fates, diagnostics);
}

fn file_object(list: &str, object: &FileObject, parts: &Parts<'_>, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let Parts { name, driver, driver_opts, template_driver, labels, extensions } = parts;
    let path = Path::root().key(list).key(&object.key);
    if !object.is_used {
        fates.mapped_with(path, [], "no service uses it");
        return;
    }
    let reference = &object.object;
    match &object.holds {
        Holds::Content(content) => {
            let at = Path::root().key(field(reference.kind, content)).key(&object.field);
            fates.mapped(path.clone(), [Place::object_at(reference.clone(), at)]);
        }
        Holds::External => {
            let message = format!("{reference} has to be in the cluster, with the key `{}`", object.field);
            fates.approximated(path.clone(), [], message);
        }
        Holds::Nothing(absent) => nothing(&path, object, absent, fates, diagnostics),
    }
    if name.is_some() && !matches!(object.holds, Holds::External) {
        fates.mapped_with(path.key("name"), [], format!("{reference} is called after its key and content"));
    }
    if driver.is_some() {
        fates.lost(path.key("driver"), "no counterpart; an operator such as external-secrets fetches secrets from elsewhere");
    }
    if driver_opts.is_some_and(|options| !options.is_empty()) {
        fates.lost(path.key("driver_opts"), "no counterpart");
    }
    if template_driver.is_some() {
        fates.lost(path.key("template_driver"), "nothing fills in templates; write the content as it shall be");
    }
    if !labels.is_empty() {
        fates.lost(path.key("labels"), "labels of Docker's objects have no reader in a cluster");
    }
    for extension in *extensions {
        fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

/// The content is not here: pods wait until somebody makes the object.
fn nothing(path: &Path, object: &FileObject, absent: &Absent, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let FileObject { key, object: reference, field, holds: _, source, origin, private_mode: _, is_used: _ } = object;
    if matches!(absent, Absent::TooLarge | Absent::TooMany) {
        let problem = format!("it holds more than 1 MiB, the most that a {} can have", reference.kind);
        let remedy = "put it into an image (`COPY`), or into a volume";
        fates.refused(path.clone(), format!("{problem}; {remedy}"));
        diagnostics.push(
            Diagnostic::warning(Code("convert::content-too-large"), format!("`{key}` is left out"))
                .label(origin.span(), "")
                .because(problem)
                .help(remedy),
        );
        return;
    }
    let (problem, from) = match (source, absent) {
        (FileSource::File(file), Absent::Missing) => (format!("`{file}` is not there"), format!("--from-file={field}={file}")),
        (FileSource::File(file), Absent::Outside(_)) => {
            (format!("`{file}` leads out of the project's directory"), format!("--from-file={field}={file}"))
        }
        (FileSource::File(file), Absent::Special | Absent::TooLarge | Absent::TooMany) => {
            (format!("`{file}` is no regular file"), format!("--from-file={field}={file}"))
        }
        (FileSource::File(file), Absent::Unreadable(reason)) => {
            (format!("`{file}` can't be read: {reason}"), format!("--from-file={field}={file}"))
        }
        (FileSource::Variable(variable), _) => {
            (format!("the variable `{variable}` is not set"), format!("--from-literal={field}=\"${variable}\""))
        }
        (FileSource::External | FileSource::Elsewhere | FileSource::Content, _) => {
            ("nothing says what it holds".to_owned(), format!("--from-file={field}=FILE"))
        }
    };
    let command = match reference.kind {
        windlass_k8s::Kind::Secret => "secret generic",
        _ => "configmap",
    };
    let remedy = format!("make it by hand: kubectl create {command} {} {from}", reference.name);
    fates.lost(path.clone(), format!("{problem}; {remedy}"));
    diagnostics.push(
        Diagnostic::warning(Code("convert::content-missing"), format!("there is no content for `{key}`"))
            .label(origin.span(), "")
            .because(format!("{problem}, so pods that use {reference} wait until it exists"))
            .help(remedy),
    );
}
