//! What `runAsNonRoot` keeps from starting. The restricted Pod Security Standard demands it: an API server that holds a namespace to
//! the standard takes no pod without, and the kubelet starts no container with it whose user is root or has a name alone.

use windlass_source::{Code, Diagnostic, Span};

use crate::decide::{Plan, ServicePlan};
use crate::draft::Draft;
use crate::options::Security;

const CODE: Code = Code("convert::non-root");

/// Says which containers won't start, each of its own, and of which that is not known, all at once: there what has to be done is the same.
pub(super) fn check(plan: &Plan<'_>, drafts: &[Option<Box<Draft>>], diagnostics: &mut Vec<Diagnostic>) {
    let mut unknown: Vec<&ServicePlan<'_>> = Vec::new();
    for service in plan.services.iter().filter(|service| service.is_converted() && plan.security(service) == Security::Restricted) {
        let context = drafts[service.index].as_ref().and_then(|draft| draft.container.security_context.as_ref());
        if context.is_some_and(|context| context.run_as_user.is_some()) {
            continue;
        }
        let name = &service.service.name.value;
        let is_told_root = service.service.user.is_some() && service.user.is_none();
        if is_told_root || service.image.starts_as_root() {
            diagnostics.push(
                Diagnostic::warning(CODE, format!("`{name}` runs as root, and will not start"))
                    .label(place(service), "")
                    .because("`--security restricted` sets `runAsNonRoot`, with which the kubelet starts no root")
                    .help(format!(
                        "write `user: \"UID\"` where the image runs as any user, or take a variant of it that does without root; {}",
                        exempt(plan)
                    )),
            );
        } else if service.image.is_some_plain_user() {
            diagnostics.push(
                Diagnostic::warning(CODE, format!("the user of `{name}` has no number, and it will not start"))
                    .label(place(service), "")
                    .because("`--security restricted` sets `runAsNonRoot`, and the kubelet does not see of a name that it is not root")
                    .help("write the number: `USER UID` in its Dockerfile, or `user: \"UID\"`"),
            );
        } else {
            unknown.push(service);
        }
    }
    let message = match unknown.as_slice() {
        [] => return,
        [service] => format!("`{}` starts only if its image names a user by number that is not root", service.service.name.value),
        several => format!("{} services start only if their images name a user by number that is not root", several.len()),
    };
    let mut told = Diagnostic::warning(CODE, message);
    for service in &unknown {
        told = told.label(place(service), if unknown.len() > 1 { format!("`{}`", service.service.name.value) } else { String::new() });
    }
    let told = told.because("`--security restricted` sets `runAsNonRoot`, and nothing is known of the user");
    let ask = "`docker image inspect --format '{{.Config.User}}' IMAGE` prints it";
    diagnostics.push(told.help(format!("write `user: \"UID\"`; {ask}; {}", exempt(plan))));
}

/// How one service is left out of the level, which a flag sets for all.
fn exempt(plan: &Plan<'_>) -> &'static str {
    if plan.input.options.is_given("security") {
        "or write `x-windlass: { security: restricted }` in place of the flag, and `baseline` at this service"
    } else {
        "or write `x-windlass: { security: baseline }` at the service"
    }
}

/// What says whom a service runs as.
fn place(service: &ServicePlan<'_>) -> Option<Span> {
    let service = service.service;
    let user = service.user.as_ref().and_then(|user| user.span());
    let image = service.image.as_ref().and_then(|image| image.span());
    user.or(image).or_else(|| service.build.as_ref().and_then(|build| build.span())).or_else(|| service.name.span())
}

#[cfg(test)]
mod tests {
    use crate::options::Security;
    use crate::testing::{Outcome, project};

    fn restricted(services: &str, dockerfile: &str) -> Outcome {
        let case = project(&format!("services: {{ {services} }}")).file("Dockerfile", dockerfile);
        case.options(|options| options.security = Security::Restricted).convert()
    }

    fn told(outcome: &Outcome) -> Vec<String> {
        outcome.diagnostics().into_iter().filter_map(|line| Some(line.strip_prefix("convert::non-root: ")?.to_owned())).collect()
    }

    #[test]
    fn a_container_that_is_root_and_must_not_be_is_told() {
        let says = |service: &str, dockerfile: &str| told(&restricted(&format!("web: {{ {service} }}"), dockerfile));
        let root = ["`web` runs as root, and will not start"];
        assert_eq!(says("image: 'nginx:1.27'", ""), root);
        assert_eq!(says("image: 'acme/web:1', user: 'root:staff'", ""), root);
        // It starts as root, and its own command alone may be started as somebody else.
        assert_eq!(says("image: 'postgres:17', command: [sh, -c, id]", ""), root);
        assert_eq!(says("build: .", "FROM python:3.12"), root);
        assert_eq!(says("build: .", "FROM acme/web\nUSER root"), root);
        assert_eq!(says("build: .", "FROM acme/web\nUSER app"), ["the user of `web` has no number, and it will not start"]);
        for service in ["image: 'postgres:17'", "image: 'nginx:1.27', user: '101'", "image: 'prom/prometheus:v3.1.0'"] {
            assert!(says(service, "").is_empty(), "{service}: {:?}", says(service, ""));
        }
        assert!(says("build: .", "FROM acme/web\nUSER 1000").is_empty());
        let other_level = project("services: { web: { image: 'nginx:1.27' } }").options(|options| options.security = Security::Baseline);
        assert!(told(&other_level.convert()).is_empty());
    }

    #[test]
    fn images_of_which_nothing_is_known_are_told_at_once() {
        let outcome =
            restricted("a: { image: 'acme/a' }, b: { image: 'acme/b' }, c: { build: . }, d: { image: 'acme/d', user: '5' }", "FROM acme/c");
        assert_eq!(told(&outcome), ["3 services start only if their images name a user by number that is not root"]);
        assert_eq!(outcome.conversion.diagnostics.iter().map(|said| said.labels.len()).max(), Some(3));
        let exempt = "a: { image: 'acme/a', x-windlass: { security: baseline } }, b: { image: 'acme/b' }";
        assert_eq!(told(&restricted(exempt, "")), ["`b` starts only if its image names a user by number that is not root"]);
    }

    #[test]
    fn a_user_that_is_root_is_refused_where_root_is_forbidden() {
        let outcome =
            restricted("db: { image: 'postgres:17', user: '0:0', volumes: ['db:/var/lib/postgresql/data'] } }\nvolumes: { db: {}", "");
        assert_eq!(
            outcome.fates("services.db.user"),
            "services.db.user: refused (`--security restricted` leaves it out: the standard demands `runAsNonRoot`, with which the kubelet starts no root)"
        );
        // It is as though it were not written.
        assert_eq!(outcome.pod("StatefulSet/db", "containers[0].securityContext.runAsUser"), "999\n");
        assert_eq!(outcome.pod("StatefulSet/db", "securityContext.fsGroup"), "999\n");
        let kept = project("services: { db: { image: 'postgres:17', user: '0' } }").convert();
        assert_eq!(kept.pod("StatefulSet/db", "containers[0].securityContext.runAsUser"), "0\n");
    }
}
