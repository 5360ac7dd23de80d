//! Which containers copy what their image has into a new volume.
//!
//! Docker fills an empty named volume when it creates a container: with what the image has at the path of the mount
//! (docs.docker.com/engine/storage/volumes, "Populate a volume using a container"). So of several services that mount a volume, the one
//! whose container is created first fills it: Compose creates a container after those that it depends on.

use std::collections::BTreeMap;

use windlass_compose::model::MountKind;
use windlass_images::image::Shell;
use windlass_k8s::Kind;
use windlass_source::FileKind;

use super::build_content::BuildContent;
use super::built::Built;
use super::files::Reader;
use super::mount::{Becoming, MountPlan};
use super::{ServicePlan, is_bare_directory};

/// What a container puts into the volume that it mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filling {
    /// Nothing.
    None,
    /// What its image has there, if the volume is empty.
    OfImage,
    /// Nothing, since the container of this service is created first.
    LeftTo(usize),
}

/// Decides which mounts of volumes fill them.
pub(super) fn decide(
    mounts: &mut [Vec<MountPlan<'_>>],
    services: &[ServicePlan<'_>],
    builds: &[Option<BuildContent<'_>>],
    reader: &Reader<'_>,
) {
    // By volume, the mounts whose images have something there.
    let mut found: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (service, list) in mounts.iter_mut().enumerate() {
        for (index, plan) in list.iter_mut().enumerate() {
            let Becoming::Volume(volume) = plan.becomes else { continue };
            if has_content(plan, &services[service], builds[service].as_ref(), reader) {
                plan.filling = Filling::OfImage;
                found.entry(volume).or_default().push((service, index));
            }
        }
    }
    found.retain(|_, all| all.len() > 1);
    if found.is_empty() {
        return;
    }
    let created = created(services);
    for all in found.into_values() {
        let key = |&(service, mount): &(usize, usize)| {
            let plan = &services[service];
            // What has no pods, or none before its time, fills nothing.
            let is_absent = plan.left_out.is_some() || plan.replicas == 0 || plan.kind == Kind::CronJob;
            // Of containers that are created together, Docker takes any.
            (is_absent, created[service], !plan.image.is_built, mounts[service][mount].read_only, service, mount)
        };
        let Some(first) = all.iter().copied().min_by_key(key) else { continue };
        for (service, mount) in all {
            if (service, mount) != first {
                mounts[service][mount].filling = Filling::LeftTo(first.0);
            }
        }
    }
}

/// When the container of each service is created: 0 for those that depend on no other, else after all that they depend on. Circles,
/// which the loader refuses, are cut somewhere.
fn created(services: &[ServicePlan<'_>]) -> Vec<usize> {
    let place = |name: &str| services.binary_search_by(|plan| plan.service.name.as_str().cmp(name)).ok();
    let mut steps: Vec<Option<usize>> = vec![None; services.len()];
    let mut stack: Vec<(usize, bool)> = (0..services.len()).map(|index| (index, false)).collect();
    while let Some((index, is_done)) = stack.pop() {
        let needed = services[index].service.depends_on.iter().filter_map(|entry| place(&entry.name));
        if is_done {
            steps[index] = Some(needed.filter_map(|other| steps[other]).map(|step| step + 1).max().unwrap_or(0));
        } else if steps[index].is_none() {
            // Begun, so that a circle ends.
            steps[index] = Some(0);
            stack.push((index, true));
            stack.extend(needed.map(|other| (other, false)).filter(|(other, _)| steps[*other].is_none()));
        }
    }
    steps.into_iter().map(Option::unwrap_or_default).collect()
}

/// True when the image has something at the mount's path, or may have: by the catalogue, or by what its Dockerfile copies and runs.
fn has_content(plan: &MountPlan<'_>, service: &ServicePlan<'_>, build: Option<&BuildContent<'_>>, reader: &Reader<'_>) -> bool {
    let options = plan.mount.volume.as_ref();
    let is_off = options.is_some_and(|options| options.nocopy.as_ref().is_some_and(|nocopy| nocopy.value) || options.subpath.is_some());
    // Without a shell there is nothing to copy with.
    if is_off || plan.mount.kind.value != MountKind::Volume || service.image.shell() == Some(Shell::None) {
        return false;
    }
    let known = service.image.entry().and_then(|image| image.volume_at(&plan.target));
    if known.is_some_and(|known| known.content) {
        return true;
    }
    // What is built on a known image may have more than that.
    let is_known = service.image.entry().is_some() && !service.image.is_built;
    let Some((build, built)) = build.filter(|_| !is_known).and_then(|build| Some((build, build.built?))) else { return false };
    let is_copied = || {
        let source = build.source_of(&plan.target);
        source.is_some_and(|source| reader.kind(&source) == Some(FileKind::Directory) && !reader.is_empty(&source))
    };
    // A server fills the directory of its data itself.
    let is_data = known.is_some_and(|known| known.size.is_some()) || is_bare_directory(&plan.target, service);
    (!is_data && may_have_made(built, &plan.target)) || is_copied()
}

/// True when nothing in a Dockerfile rules out that its image has something at a path: a script may have made it, or another stage,
/// whose files are copied there.
fn may_have_made(built: &Built, target: &str) -> bool {
    built.runs_scripts() || built.brings_from_elsewhere(target)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    /// The services that fill the volume `data`, and from where.
    fn fillers(outcome: &Outcome) -> Vec<String> {
        let names = outcome.names();
        let workloads = names.iter().filter(|name| ["Deployment/", "StatefulSet/", "Job/"].iter().any(|kind| name.starts_with(kind)));
        let filler = |name: &String| {
            let container = outcome.pod(name, "initContainers[0]");
            let path = outcome.pod(name, "initContainers[0].command[4]");
            container.contains("copy-data").then(|| format!("{} {}", name.split_once('/').map_or("", |(_, name)| name), path.trim_end()))
        };
        workloads.filter_map(filler).collect()
    }

    /// `web` is built with this Dockerfile and keeps the volume at this path.
    fn fills(dockerfile: &str, path: &str) -> bool {
        let text = format!("services: {{ web: {{ build: ., volumes: ['data:{path}'] }} }}\nvolumes: {{ data: }}");
        !fillers(&project(&text).file("Dockerfile", dockerfile).file("public/a", "x").convert()).is_empty()
    }

    #[test]
    fn a_new_volume_gets_what_the_dockerfile_may_have_made_there() {
        for (dockerfile, path) in [
            ("FROM ruby:3.3\nCOPY Gemfile .\nRUN bundle install", "/usr/local/bundle"),
            ("FROM python:3.12\nRUN python -m venv /opt/venv", "/opt/venv"),
            ("FROM acme/base AS base\nRUN <<E\nmake\nE\nFROM base\nWORKDIR /app", "/app/staticfiles"),
            ("FROM node AS build\nRUN npm ci\nFROM node\nCOPY --from=build /src/node_modules /app/node_modules", "/app/node_modules"),
            ("FROM node\nCOPY --from=acme/site / /srv/", "/srv/www"),
            ("FROM acme/base\nCOPY . /app", "/app/public"),
            ("FROM scratch\nADD root.tar /\nRUN make", "/x"),
        ] {
            assert!(fills(dockerfile, path), "{dockerfile} {path}");
        }
        for (dockerfile, path) in [
            // Nothing is made, and nothing copied there.
            ("FROM node:22\nWORKDIR /app\nCOPY . .", "/app/data"),
            ("FROM acme/base", "/data"),
            // Nothing to copy with.
            ("FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /data /data", "/data"),
            ("FROM python AS build\nRUN x\nFROM gcr.io/distroless/python3\nCOPY --from=build /venv /venv", "/venv"),
            // The server fills its own directory.
            ("FROM postgres:17\nRUN apt-get install postgis", "/var/lib/postgresql/data"),
            ("FROM acme/postgres\nRUN x", "/var/lib/postgresql/data"),
            ("FROM redis:7\nRUN x", "/data"),
        ] {
            assert!(!fills(dockerfile, path), "{dockerfile} {path}");
        }
    }

    #[test]
    fn the_container_that_is_created_first_fills_a_shared_volume() {
        let of = |services: &str, dockerfile: &str| {
            let text = format!("services: {{ {services} }}\nvolumes: {{ data: }}");
            project(&text).file("Dockerfile", dockerfile).file("public/a", "x").convert()
        };
        let web = "build: ., restart: always, volumes: ['data:/app/public']";
        let nginx = "image: 'nginx:1.27', restart: always, volumes: ['data:/usr/share/nginx/html:ro']";
        let copied = "FROM php:8.4-fpm\nCOPY . /app";
        let outcome = of(&format!("web: {{ {web} }}, nginx: {{ {nginx}, depends_on: [web] }}"), copied);
        assert_eq!(fillers(&outcome), ["web /app/public"]);
        let told = outcome.fates("services.nginx.volumes[0].source");
        assert!(told.contains("the image of `web` fills it, since Docker creates that container first"), "{told}");
        assert!(outcome.fates("services.web.volumes[0].source").contains("what the image has there is copied into it"));
        // Made by a script, with a third between them.
        let services = format!("a: {{ {nginx}, depends_on: [b] }}, b: {{ image: acme/b, depends_on: [web] }}, web: {{ {web} }}");
        assert_eq!(fillers(&of(&services, "FROM php:8.4-fpm\nRUN make")), ["web /app/public"]);
        let services = format!("web: {{ {web}, depends_on: [nginx] }}, nginx: {{ {nginx} }}");
        assert_eq!(fillers(&of(&services, copied)), ["nginx /usr/share/nginx/html"]);
        // Together: what the project builds is what it means.
        assert_eq!(fillers(&of(&format!("a: {{ {nginx} }}, web: {{ {web} }}"), copied)), ["web /app/public"]);
        // What has no pods fills nothing.
        let services = format!("web: {{ {web}, deploy: {{ replicas: 0 }} }}, nginx: {{ {nginx}, depends_on: [web] }}");
        assert_eq!(fillers(&of(&services, copied)), ["nginx /usr/share/nginx/html"]);
    }

    #[test]
    fn services_of_one_image_fill_their_volume_once() {
        let service = "{ image: acme/app, restart: always, volumes: ['data:/usr/local/bundle'] }";
        let text = format!(
            "services: {{ app: {{ build: ., image: acme/app, restart: always, volumes: ['data:/usr/local/bundle'] }}, \
             jobs: {service}, more: {service} }}\nvolumes: {{ data: }}"
        );
        let outcome = project(&text).file("Dockerfile", "FROM ruby:3.3\nRUN bundle install").convert();
        assert_eq!(fillers(&outcome), ["app /usr/local/bundle"]);
    }
}
