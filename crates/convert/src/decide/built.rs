//! What the Dockerfile of an image that the project builds says of it. Nothing is built or fetched: the base image is known by
//! its name alone.

use std::path::{Path as FilePath, PathBuf};

use smol_str::SmolStr;
use windlass_compose::model::{Build, Duration, Healthcheck, Service, Test};
use windlass_dockerfile::stages::{Accounts, Base, Build as Asked, Process, Protocol};
use windlass_dockerfile::stages::{Copied, CopyFrom};
use windlass_dockerfile::{CommandLine, Dockerfile, Healthcheck as Written, IgnoreFile, ImageConfig, Times, Word, parse};
use windlass_source::{Diagnostic, Position, SourceMap, Span, Spanned, normalize};

use super::Input;
use super::files::{Absent, Reader};
use super::port::Transport;

/// More ports than an image says that it listens on, unless it means a range of which few are in use.
const MANY: usize = 100;

/// The image that a Dockerfile makes.
#[derive(Debug)]
pub(crate) struct Built {
    dockerfile: Dockerfile,
    config: ImageConfig,
    sources: SourceMap,
    /// What of the context the builder does not see.
    ignored: IgnoreFile,
    /// Why the build would stop, and where.
    pub(crate) fault: Option<String>,
}

/// The ports that a Dockerfile exposes.
#[derive(Debug, Default)]
pub(crate) struct ExposedPorts {
    /// Those that others are offered.
    pub(crate) offered: Vec<(u16, Transport)>,
    /// Ranges of more than a hundred ports: `20000-30000/udp`.
    pub(crate) too_many: Vec<String>,
}

/// A health check of a Dockerfile, as Compose would write it.
#[derive(Debug)]
pub(crate) struct BuiltCheck {
    pub(crate) check: Healthcheck,
    /// `Dockerfile:12`.
    pub(crate) place: String,
}

impl Built {
    /// Reads the Dockerfile of a build. The error says why it is not known.
    pub(super) fn read(build: &Build, service: &Service, input: &Input<'_>, reader: &Reader<'_>) -> Result<Self, String> {
        Self::of(text(build, reader)?, build, service, input, reader)
    }

    fn of(
        Text { name, text, is_inside }: Text,
        build: &Build,
        service: &Service,
        input: &Input<'_>,
        reader: &Reader<'_>,
    ) -> Result<Self, String> {
        let mut sources = SourceMap::new();
        let file = sources.add(name, text);
        let parsed = parse(file, sources.file(file).text().clone());
        let arguments = |name: &str| argument(build, name, input);
        let target = build.target.as_ref().map(|target| target.as_str());
        let (config, stops) = parsed.dockerfile.image(&Asked { target, arguments: &arguments });
        let (ignored, patterns) = ignored(build, reader, &mut sources);
        let fault = parsed.diagnostics.iter().chain(&stops).chain(&patterns).find(|diagnostic| diagnostic.is_error());
        let fault = fault.map(|diagnostic| if is_inside { describe(diagnostic, &sources) } else { place(diagnostic, &sources) });
        let Some(config) = config else {
            return Err(fault.unwrap_or_else(|| format!("the Dockerfile of `{}` has no stage", service.name.value)));
        };
        Ok(Self { dockerfile: parsed.dockerfile, config, sources, ignored, fault })
    }

    /// The image at the end of its chain of stages.
    pub(crate) fn base(&self) -> Option<&str> {
        self.config.base_image()
    }

    pub(crate) fn is_from_scratch(&self) -> bool {
        self.config.base == Base::Scratch
    }

    /// The words that it runs in place of its base image's command; `None` where it keeps that.
    pub(super) fn process(&self) -> Option<Vec<&str>> {
        let ImageConfig { entrypoint, cmd, .. } = &self.config;
        let parts = [entrypoint.as_ref(), cmd.as_ref()];
        if parts.iter().all(Option::is_none) {
            return None;
        }
        Some(parts.into_iter().flatten().flat_map(program_words).collect())
    }

    /// It has an entrypoint of its own.
    pub(super) fn has_entrypoint(&self) -> bool {
        self.config.entrypoint.is_some()
    }

    /// Its entrypoint is a script that is given nothing to start: `ENTRYPOINT` takes the base image's `CMD` away.
    pub(super) fn lacks_command(&self) -> bool {
        let ImageConfig { entrypoint, cmd, .. } = &self.config;
        let last = entrypoint.as_ref().and_then(|entrypoint| program_words(entrypoint).pop());
        cmd.as_ref().is_none_or(|cmd| program_words(cmd).is_empty()) && last.is_some_and(|word| word.contains("entrypoint"))
    }

    /// The value that `ENV` gives to a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.config.env.get(name).map(Word::as_str)
    }

    /// The ports of `EXPOSE`.
    pub(crate) fn ports(&self) -> ExposedPorts {
        let mut ports = ExposedPorts::default();
        for exposed in &self.config.exposed {
            let transport = match exposed.protocol {
                Protocol::Tcp => Transport::Tcp,
                Protocol::Udp => Transport::Udp,
                Protocol::Sctp => Transport::Sctp,
            };
            let range = exposed.first.max(1)..=exposed.last;
            if range.len() + ports.offered.len() <= MANY {
                ports.offered.extend(range.map(|number| (number, transport)));
            } else {
                ports.too_many.push(format!("{}-{}/{}", range.start(), range.end(), transport.as_str().to_ascii_lowercase()));
            }
        }
        ports
    }

    /// `USER`, which may be a name.
    pub(super) fn user(&self) -> Option<&str> {
        self.config.user.as_ref().map(Word::as_str)
    }

    /// The users and groups that it gives a number to.
    pub(super) fn accounts(&self) -> &Accounts {
        &self.config.accounts
    }

    pub(super) fn stop_signal(&self) -> Option<&str> {
        self.config.stop_signal.as_ref().map(Word::as_str)
    }

    /// True when it switches its base image's check off, or has one of its own.
    pub(super) fn decides_health(&self) -> bool {
        self.config.healthcheck.is_some()
    }

    /// What it copies into the image.
    pub(super) fn copies(&self) -> &[Copied] {
        &self.config.copies
    }

    /// What a stage copies, from which this image copies in turn.
    pub(super) fn copies_of_stage(&self, stage: usize, build: &Build, input: &Input<'_>) -> Vec<Copied> {
        let arguments = |name: &str| argument(build, name, input);
        let stage = stage.to_string();
        let (config, _) = self.dockerfile.image(&Asked { target: Some(&stage), arguments: &arguments });
        config.map(|config| config.copies).unwrap_or_default()
    }

    /// A `RUN` of it has a script: there is a shell, and it may have made any file.
    pub(super) fn runs_scripts(&self) -> bool {
        self.config.runs_scripts
    }

    /// The builder does not see this path of the context.
    pub(super) fn is_ignored(&self, path: &str) -> bool {
        self.ignored.is_ignored(path)
    }

    /// The builder sees all of the context.
    pub(super) fn sees_all(&self) -> bool {
        self.ignored.is_empty()
    }

    /// Files of another stage or image are copied to the path, beneath it or around it.
    pub(super) fn brings_from_elsewhere(&self, path: &str) -> bool {
        let path = FilePath::new(path);
        self.config.copies.iter().filter(|copied| copied.from != CopyFrom::Context).any(|copied| {
            let destination = FilePath::new(copied.destination.as_str());
            destination.starts_with(path) || path.starts_with(destination)
        })
    }

    pub(super) fn volumes(&self) -> impl Iterator<Item = &str> {
        self.config.volumes.iter().map(Word::as_str)
    }

    /// Its `HEALTHCHECK`.
    pub(super) fn check(&self) -> Option<BuiltCheck> {
        let written = self.config.healthcheck.as_ref()?;
        let Written::Check { test, times } = &written.check else { return None };
        let Times { interval, timeout, start_period, start_interval, retries } = times;
        let plain = |word: &Word| Spanned::default_value(word.text.clone());
        let test = match test {
            CommandLine::Exec(words) => Test::Exec(words.iter().map(plain).collect()),
            CommandLine::Shell(script) => Test::Shell(plain(script)),
        };
        let duration = |time: &Option<std::time::Duration>| {
            time.map(|time| Spanned::default_value(Duration::from_nanoseconds(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))))
        };
        let check = Healthcheck {
            test: Some(Spanned::default_value(test)),
            interval: duration(interval),
            timeout: duration(timeout),
            retries: retries.map(|retries| Spanned::default_value(u64::from(retries))),
            start_period: duration(start_period),
            start_interval: duration(start_interval),
            ..Healthcheck::default()
        };
        Some(BuiltCheck { check, place: line(written.span, &self.sources) })
    }
}

/// The words of a process by which a program is recognised: of a script, its own.
fn program_words(process: &Process) -> Vec<&str> {
    match &process.script {
        Some(script) => script.split_whitespace().filter(|word| *word != "exec").collect(),
        None => process.words.iter().map(SmolStr::as_str).collect(),
    }
}

/// The directory of a build's context; `None` for one that is not on this machine.
pub(super) fn context(build: &Build) -> Option<PathBuf> {
    let context = build.context.as_ref().map_or(".", |context| context.as_str());
    let is_remote = context.contains("://") || context.starts_with("git@");
    (!is_remote).then(|| normalize(FilePath::new(context)))
}

fn dockerfile(build: &Build) -> Option<PathBuf> {
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.as_str());
    Some(normalize(&context(build)?.join(name)))
}

/// The patterns of the `.dockerignore` that a build reads: the one of its Dockerfile, else that of the context (BuildKit's order).
fn ignored(build: &Build, reader: &Reader<'_>, sources: &mut SourceMap) -> (IgnoreFile, Vec<Diagnostic>) {
    let own = dockerfile(build).filter(|_| build.dockerfile_inline.is_none()).map(|path| path.as_os_str().to_owned());
    let own = own.map(|mut path| {
        path.push(".dockerignore");
        PathBuf::from(path)
    });
    let shared = context(build).map(|context| context.join(".dockerignore"));
    let context = context(build).unwrap_or_default();
    let found = own.into_iter().chain(shared).find_map(|path| Some((reader.build_file(&path, &context)?, path)));
    let Some((text, path)) = found else { return (IgnoreFile::default(), Vec::new()) };
    let file = sources.add(reader.shown(&path).display().to_string(), text.clone());
    IgnoreFile::parse(file, &text)
}

/// A Dockerfile.
struct Text {
    /// As messages name it.
    name: String,
    text: String,
    /// It lies where content is embedded from. Of another, messages quote nothing: it may be any file.
    is_inside: bool,
}

/// The Dockerfile of a build. What it says of its image is known wherever its context is, as the builder reads it too
/// (`deploy/compose.yaml` with `context: ../app`); the files that it copies are content, for which the project's borders hold.
fn text(build: &Build, reader: &Reader<'_>) -> Result<Text, String> {
    if let Some(text) = &build.dockerfile_inline {
        return Ok(Text { name: "dockerfile_inline".to_owned(), text: text.value.to_string(), is_inside: true });
    }
    let unknown = "its context is not on this machine";
    let (path, context) = dockerfile(build).zip(context(build)).ok_or(unknown)?;
    let name = reader.shown(&path).display().to_string();
    let content = match reader.file(&path) {
        Ok(file) => String::from_utf8(file.content).map_err(|_| format!("`{name}` is no text"))?,
        Err(Absent::Outside(_)) => match reader.build_file(&path, &context) {
            Some(text) => return Ok(Text { name, text, is_inside: false }),
            None if reader.kind(&path).is_none() => return Err(format!("there is no `{name}`")),
            None => return Err(format!("`{name}` is outside of the project; `--allow-outside` admits it")),
        },
        Err(Absent::Missing) => return Err(format!("there is no `{name}`")),
        Err(Absent::TooLarge | Absent::TooMany) => return Err(format!("`{name}` is too large")),
        Err(Absent::Special) => return Err(format!("`{name}` is no file")),
        Err(Absent::Unreadable(reason)) => return Err(format!("`{name}` cannot be read: {reason}")),
    };
    Ok(Text { name, text: content, is_inside: true })
}

/// The value that a build passes for an `ARG`; one without a value is taken from the project's variables.
fn argument(build: &Build, name: &str, input: &Input<'_>) -> Option<SmolStr> {
    match build.args.get(name)? {
        Some(value) => Some(value.value.clone()),
        None => (input.variable)(name),
    }
}

/// `Dockerfile:12`.
fn line(span: Span, sources: &SourceMap) -> String {
    let Position { line, .. } = sources.position(span);
    format!("{}:{line}", sources.file(span.file).name())
}

/// Where a Dockerfile is wrong.
fn place(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    diagnostic.span().map_or_else(|| diagnostic.message.clone(), |span| format!("{} is not understood", line(span, sources)))
}

fn describe(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    match diagnostic.span() {
        Some(span) => format!("{}: {}", line(span, sources), diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    /// A service `web` with this Dockerfile.
    fn web(dockerfile: &str, service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ build: ./app, {service} }} }}")).file("app/Dockerfile", dockerfile).convert()
    }

    fn container(outcome: &Outcome, field: &str) -> String {
        outcome.pod("Deployment/web", &format!("containers[0].{field}")).trim_end().to_owned()
    }

    #[test]
    fn a_healthcheck_of_the_dockerfile_becomes_probes() {
        let file = "FROM acme/base:1\nEXPOSE 8080\nHEALTHCHECK --interval=10s --timeout=3s CMD curl -f http://localhost:8080/up\n";
        let outcome = web(file, "");
        let asked = ["httpGet.path", "httpGet.port", "periodSeconds", "timeoutSeconds"];
        let asked = asked.map(|field| container(&outcome, &format!("readinessProbe.{field}")));
        assert_eq!(asked, ["/up", "8080", "10", "3"]);
        assert!(outcome.inferred().contains("the Dockerfile's HEALTHCHECK at app/Dockerfile:3"), "{}", outcome.inferred());
        // The times that the project writes count; the command is the image's.
        let outcome = web(file, "healthcheck: { interval: 7s }");
        assert_eq!(container(&outcome, "readinessProbe.periodSeconds"), "7");
        assert_eq!(container(&outcome, "readinessProbe.httpGet.path"), "/up");
        // With another command neither ports nor check hold.
        let outcome = web(file, "command: [worker]");
        assert_eq!(container(&outcome, "readinessProbe"), "null");
        assert_eq!(container(&outcome, "ports"), "null");
    }

    #[test]
    fn a_dockerfile_outside_of_the_project_says_what_its_image_needs() {
        let built = |dockerfile: &'static str| {
            project("services: { web: { build: ../app } }").files(|files| files.insert("/app/Dockerfile", dockerfile, 0o644)).convert()
        };
        let outcome = built("FROM acme/base:1\nEXPOSE 8080\nHEALTHCHECK CMD curl -f http://localhost:8080/up");
        assert_eq!(container(&outcome, "readinessProbe.httpGet.path"), "/up");
        // What is no Dockerfile is not quoted.
        let outcome = built("root:x:0:0");
        assert!(outcome.fates("services.web.build").contains("Dockerfile:1 is not understood"), "{}", outcome.fates("services.web.build"));
    }

    #[test]
    fn exposed_ports_are_offered_and_tried() {
        let outcome = web("FROM node:22\nARG PORT=3000\nEXPOSE $PORT 53/udp\nCMD [\"node\", \"server.js\"]", "");
        assert_eq!(container(&outcome, "readinessProbe.tcpSocket.port"), "3000");
        let ports = [0, 1].map(|index| outcome.field("Service/web", &format!("spec.ports[{index}].name")));
        assert_eq!(ports, ["udp-53\n", "tcp-3000\n"]);
    }

    #[test]
    fn a_range_that_is_too_wide_to_offer_is_told() {
        let outcome = web("FROM acme/turn\nEXPOSE 3478 20000-30000/udp", "");
        assert_eq!(container(&outcome, "ports[0].containerPort"), "3478");
        assert_eq!(outcome.diagnostics()[0], "convert::many-ports: the Dockerfile of `web` exposes 20000-30000/udp");
    }

    #[test]
    fn the_base_image_counts_while_its_server_runs() {
        let health = |file: &str, service: &str| container(&web(file, service), "readinessProbe.tcpSocket.port");
        let nginx = "FROM node AS assets\nRUN x\nFROM nginx:1.27-alpine\nCOPY --from=assets /dist /usr/share/nginx/html\n";
        assert_eq!(health(nginx, ""), "80");
        assert_eq!(health(&format!("{nginx}CMD [\"nginx\", \"-g\", \"daemon off;\"]"), ""), "80");
        assert_eq!(health(&format!("{nginx}CMD [\"/run.sh\"]"), ""), "null");
        // Other ports: the server was configured anew.
        assert_eq!(container(&web(&format!("{nginx}EXPOSE 8080"), ""), "readinessProbe.tcpSocket.port"), "8080");
        assert_eq!(health(nginx, "command: [sh, -c, x]"), "null");
        // The stage that is asked for.
        let outcome = project("services: { web: { build: { context: app, target: assets } } }").file("app/Dockerfile", nginx).convert();
        assert_eq!(container(&outcome, "ports"), "null");
        // A database stays one.
        let outcome = web("FROM postgres:17\nCOPY init.sql /docker-entrypoint-initdb.d/", "environment: { POSTGRES_PASSWORD: x }");
        assert!(outcome.names().contains(&"StatefulSet/web".to_owned()), "{:?}", outcome.names());
    }

    #[test]
    fn an_entrypoint_of_the_dockerfile_without_a_command_is_not_the_base_images_server() {
        let kind = |file: &str| web(file, "").names().iter().any(|name| name == "StatefulSet/web");
        let search = "FROM docker.elastic.co/elasticsearch/elasticsearch:9.0.3\n";
        assert!(kind(search));
        for script in ["/entrypoint.sh", "/e.sh"] {
            let outcome = web(&format!("{search}ENTRYPOINT [\"{script}\"]"), "");
            assert_eq!(container(&outcome, "ports"), "null", "{script}");
            assert!(!container(&outcome, "readinessProbe").contains("9200"), "{script}");
        }
        let database = "FROM postgres:17\nENTRYPOINT [\"docker-entrypoint.sh\"]\n";
        assert!(!kind(database));
        assert!(kind(&format!("{database}CMD [\"postgres\"]")));
        assert!(kind("FROM postgres:17\nENTRYPOINT [\"/entrypoint.sh\", \"postgres\"]"));
        let outcome = project("services: { db: { image: 'postgres:17', entrypoint: docker-entrypoint.sh, command: postgres } }").convert();
        assert!(outcome.names().contains(&"StatefulSet/db".to_owned()), "{:?}", outcome.names());
    }

    #[test]
    fn the_user_of_the_dockerfile_owns_the_volumes() {
        let group = |file: &str| {
            let outcome = project("services: { web: { build: app, volumes: [data:/data] } }\nvolumes: { data: {} }")
                .file("app/Dockerfile", file)
                .convert();
            outcome.pod("StatefulSet/web", "securityContext.fsGroup").trim_end().to_owned()
        };
        assert_eq!(group("FROM acme/a\nUSER 1001"), "1001");
        assert_eq!(group("FROM acme/a\nUSER 1001:2002"), "2002");
        assert_eq!(group("FROM acme/a\nUSER app"), "65532");
        assert_eq!(group("FROM acme/a\nUSER app:2002"), "2002");
        assert_eq!(group("FROM acme/a\nUSER root"), "null");
    }

    #[test]
    fn signals_and_volumes_of_the_dockerfile_are_told() {
        let outcome = web("FROM acme/a\nSTOPSIGNAL QUIT\nVOLUME /data\nVOLUME /kept", "stop_signal: SIGQUIT");
        assert!(outcome.fates("services.web.stop_signal").contains("mapped"), "{}", outcome.fates("services.web.stop_signal"));
        let kept: Vec<String> = outcome.diagnostics().into_iter().filter(|line| line.contains("data-not-kept")).collect();
        let gone = |path: &str| format!("convert::data-not-kept: what `web` writes to `{path}` is gone with the pod");
        assert_eq!(kept, [gone("/data"), gone("/kept")]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let fates = |case: crate::testing::Case| case.convert().fates("services.web.build");
        assert!(fates(project("services: { web: { build: ./app } }")).contains("since there is no `app/Dockerfile`"));
        assert!(fates(project("services: { web: { build: ../other } }")).contains("since there is no `/other/Dockerfile`"));
        // A file that its context does not hold.
        let stray = project("services: { web: { build: { context: app, dockerfile: ../../x } } }");
        assert!(fates(stray.files(|files| files.insert("/x", "FROM a", 0o644))).contains("`--allow-outside` admits it"));
        assert!(fates(project("services: { web: { build: https://github.com/acme/a.git } }")).contains("not on this machine"));
        let outcome = web("FROM a\nEXPOSE x", "");
        assert!(
            outcome.diagnostics().contains(&"convert::dockerfile: `shop-web` cannot be built".to_owned()),
            "{:?}",
            outcome.diagnostics()
        );
        // Inline, with arguments.
        let outcome =
            project("services: { web: { build: { dockerfile_inline: \"FROM a\\nARG P=1\\nEXPOSE $$P\", args: { P: '9000' } } } }")
                .convert();
        assert_eq!(outcome.field("Service/web", "spec.ports[0].port"), "9000\n");
    }
}
