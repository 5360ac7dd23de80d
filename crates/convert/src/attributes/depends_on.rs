//! depends_on → init containers that wait (made in `finish/waits.rs`, where the names of Jobs are known).

use windlass_compose::model::{ByName, Dependency};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::finish::waits::{Way, container_name, way};

pub(super) fn depends_on(depends_on: &ByName<Spanned<Dependency>>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    for entry in depends_on {
        let path = sink.under("depends_on", &entry.name);
        let Dependency { condition: _, restart, required, extensions } = &entry.value.value;
        let condition = path.key("condition");
        let waits = plan.service(&entry.name).map(|other| (other, way(service, other, &entry.value, plan)));
        match waits {
            None => sink.fates.lost(path.clone(), "the service is not enabled"),
            Some((other, way)) => {
                let place = Place::init_container(service.index, container_name(other, plan), "");
                match way {
                    Way::Nothing(reason) => sink.fates.mapped_with(condition, [], reason),
                    Way::Impossible(reason) => sink.fates.approximated(condition, [], reason),
                    Way::PortAWhile(_) => {
                        let message = "waits until its port answers, for five to ten minutes at most: a Job does not start again and again until it is there";
                        sink.fates.mapped_with(condition, [place], message);
                    }
                    Way::Port(_) | Way::Name if other.publishes_not_ready => {
                        sink.fates.approximated(
                            condition,
                            [place],
                            "waits until it answers; its Service also leads to pods that are not ready",
                        );
                    }
                    Way::Port(_) | Way::Name | Way::Completion => sink.fates.mapped(condition, [place]),
                }
            }
        }
        if let Some(restart) = restart {
            let path = path.key("restart");
            if restart.value {
                sink.fates
                    .lost(path, format!("a restart of `{}` does not restart this one; `kubectl rollout restart` does", entry.name.value));
            } else {
                sink.fates.mapped_with(path, [], "nothing restarts this one");
            }
        }
        if required.is_some() {
            sink.fates.mapped_with(path.key("required"), [], "the other is part of the project");
        }
        for extension in extensions {
            sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn each_part_of_a_dependency_has_its_fate() {
        let outcome = project(
            "services: { db: { image: postgres:17 }, web: { image: acme/web:1, depends_on: { db: { condition: service_healthy, restart: true, required: false } } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.fates("services.web.depends_on"), @"
        services.web.depends_on.db.condition: mapped → Deployment/web spec.template.spec.initContainers[0]
        services.web.depends_on.db.restart: lost (a restart of `db` does not restart this one; `kubectl rollout restart` does)
        services.web.depends_on.db.required: mapped (the other is part of the project)
        ");
    }
}
