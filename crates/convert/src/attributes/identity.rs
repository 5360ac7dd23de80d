//! container_name, hostname, domainname; profiles, attach, extends, x-*.

use smol_str::SmolStr;
use windlass_compose::model::Extensions;
use windlass_k8s::name::{label_name, object_name};
use windlass_source::Spanned;
use windlass_yaml::Node;

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

pub(super) fn names(
    container_name: Option<&Spanned<SmolStr>>,
    hostname: Option<&Spanned<SmolStr>>,
    domainname: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    if let Some(name) = container_name {
        let path = sink.at("container_name");
        if name.value == service.name {
            sink.fates.mapped(path, [Place::container(service.index, "name")]);
        } else {
            let note = if plan.reach.is_outside(name) {
                format!("pods have names of their own, and no Service can be called `{}`", name.value)
            } else {
                format!("pods have names of their own; `{}` is kept as a DNS name where the project uses it", name.value)
            };
            sink.fates.approximated(path, [Place::container(service.index, "name")], note);
        }
    }
    if let Some(host) = hostname {
        // A name with dots is a host name and its domain.
        let (host, domain) = host.split_once('.').map_or((host.as_str(), None), |(host, domain)| (host, Some(domain)));
        let label = label_name(host);
        sink.draft.pod.hostname.get_or_insert_with(|| label.to_string());
        let place = Place::pod(service.index, "hostname");
        if service.kind == windlass_k8s::Kind::StatefulSet {
            let note = format!("the pods of a StatefulSet are called `{}-0` and so on", plan.services[service.pod].name);
            sink.fates.approximated(sink.at("hostname"), [place], note);
        } else if domain.is_none() && label == host {
            sink.fates.mapped(sink.at("hostname"), [place]);
        } else {
            sink.fates.approximated(sink.at("hostname"), [place], "the part before the first dot, as a DNS label");
        }
    }
    if let Some(domain) = domainname {
        let path = sink.at("domainname");
        // A pod's subdomain is the name of a Service of its namespace, not any domain.
        match plan.service(domain).filter(|other| other.name == object_name(domain)) {
            Some(other) => {
                sink.draft.pod.subdomain = Some(other.name.to_string());
                sink.fates.mapped(path, [Place::pod(service.index, "subdomain")]);
            }
            None => sink.fates.lost(path, "the domain of a pod is that of its cluster; use the name of a Service"),
        }
    }
}

pub(super) fn selection(
    profiles: &[Spanned<SmolStr>],
    attach: Option<&Spanned<bool>>,
    extends: Option<&Spanned<Node>>,
    extensions: &Extensions,
    sink: &mut Sink<'_>,
) {
    if !profiles.is_empty() {
        sink.fates.mapped_with(sink.at("profiles"), [], "the service is converted because one of its profiles is on");
    }
    if attach.is_some() {
        sink.fates.mapped_with(sink.at("attach"), [], "`kubectl logs` shows the output of any container");
    }
    if extends.is_some() {
        sink.fates.mapped_with(sink.at("extends"), [], "the attributes of the other service are part of this one");
    }
    for extension in extensions {
        sink.fates.mapped_with(sink.at("").key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn names_of_containers_and_hosts_have_counterparts() {
        let outcome = project(
            "services: { web: { image: acme/web:1, container_name: web, hostname: Front.example.com, domainname: example.com, attach: false, \
             profiles: [a], x-note: hello }, db: { image: postgres:17, container_name: shop_db, hostname: db } }",
        )
        .profile("a")
        .convert();
        assert_eq!(outcome.pod("Deployment/web", "hostname"), "front\n");
        insta::assert_snapshot!(outcome.fates("services"), @"
        services.db.image: mapped → StatefulSet/db spec.template.spec.containers[0].image
        services.db.container_name: approximated → StatefulSet/db spec.template.spec.containers[0].name (pods have names of their own; `shop_db` is kept as a DNS name where the project uses it)
        services.db.hostname: approximated → StatefulSet/db spec.template.spec.hostname (the pods of a StatefulSet are called `db-0` and so on)
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.container_name: mapped → Deployment/web spec.template.spec.containers[0].name
        services.web.hostname: approximated → Deployment/web spec.template.spec.hostname (the part before the first dot, as a DNS label)
        services.web.domainname: lost (the domain of a pod is that of its cluster; use the name of a Service)
        services.web.attach: mapped (`kubectl logs` shows the output of any container)
        services.web.profiles: mapped (the service is converted because one of its profiles is on)
        services.web.x-note: mapped (an extension has no meaning of its own)
        ");
    }
}
