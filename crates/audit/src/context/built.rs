//! What a Dockerfile and its stages are made for: frameworks, servers, and what services mount over them.

use windlass_dockerfile::{Command, CommandLine, Instruction, Word};
use windlass_source::{Edit, Span};

use super::dockerfile::{DockerfileContext, StageContext};
use super::service::ServiceContext;

impl DockerfileContext<'_> {
    /// An edit that takes an instruction out, its line break included.
    pub fn without(self, instruction: &Instruction) -> Edit {
        let text = self.context().sources().file(self.file_id()).text();
        let end = instruction.span.end as usize;
        let after = text[end..].strip_prefix("\r\n").or_else(|| text[end..].strip_prefix('\n')).map_or(end, |rest| text.len() - rest.len());
        Edit { span: Span::new(instruction.span.file, instruction.span.start as usize..after), replacement: String::new() }
    }

    /// The build's context has a file or directory of this path, as far as it was walked.
    pub fn has_in_context(self, path: &str) -> bool {
        self.context().repository().is_there(&self.build_context().join(path))
    }
}

impl<'a> DockerfileContext<'a> {
    /// The instruction that holds a byte, by its place among all.
    pub fn instruction_at(self, byte: u32) -> Option<usize> {
        self.tree().instructions.iter().position(|instruction| (instruction.span.start..instruction.span.end).contains(&byte))
    }

    /// Sources of `COPY` and `ADD` that `.dockerignore` leaves out, each with the pattern that does. Patterns in sources, and directories
    /// of which exceptions may let something through, are left alone.
    pub fn ignored_sources(self) -> Vec<(&'a Word, Option<Span>)> {
        let Some((_, ignore)) = self.ignore_file() else { return Vec::new() };
        let mut found = Vec::new();
        for instruction in &self.tree().instructions {
            let (Command::Copy(copy) | Command::Add(copy)) = &instruction.command else { continue };
            if instruction.flag("from").is_some() {
                continue;
            }
            for source in &copy.sources {
                let path = source.text.trim_start_matches("./").trim_matches('/');
                let is_plain = !path.is_empty() && path != "." && !path.contains(['*', '?', '[', '$', '<']) && !path.contains("://");
                if is_plain && ignore.is_ignored(path) && !ignore.has_exceptions() {
                    found.push((source, ignore.decided_by(path)));
                }
            }
        }
        found
    }
}

impl<'a> StageContext<'a> {
    /// `COPY . DIRECTORY` from the build's context.
    pub fn copy_of_everything(self) -> Option<&'a Instruction> {
        self.body().iter().find(|instruction| match &instruction.command {
            Command::Copy(copy) | Command::Add(copy) => {
                instruction.flag("from").is_none()
                    && copy.sources.iter().any(|source| matches!(source.text.as_str(), "." | "./" | "/" | "*" | "./*"))
            }
            _ => false,
        })
    }

    /// It copies Laravel's `artisan`, or everything of a directory that has one.
    pub fn is_laravel(self) -> bool {
        let names_it = self.body().iter().any(|instruction| match &instruction.command {
            Command::Copy(copy) | Command::Add(copy) => copy.sources.iter().any(|source| source.text.trim_start_matches("./") == "artisan"),
            _ => false,
        });
        names_it || (self.copy_of_everything().is_some() && self.dockerfile().has_in_context("artisan"))
    }

    /// It has an entrypoint of its own that is a script.
    pub fn has_own_entrypoint(self) -> bool {
        let is_script = |word: &Word| word.text.ends_with(".sh") || word.text.contains("entrypoint") || word.text.contains("start");
        self.body().iter().any(|instruction| match &instruction.command {
            Command::Entrypoint(CommandLine::Exec(words)) | Command::Cmd(CommandLine::Exec(words)) => words.iter().any(is_script),
            Command::Entrypoint(CommandLine::Shell(text)) | Command::Cmd(CommandLine::Shell(text)) => is_script(text),
            _ => false,
        })
    }

    /// Its process serves PHP: the base image's own, `php-fpm` or Apache.
    pub fn serves_php(self) -> bool {
        let process = self.last(|command| matches!(command, Command::Cmd(_) | Command::Entrypoint(_)));
        let Some(process) = process else { return true };
        let commands = self.dockerfile().commands(process);
        commands.iter().any(|command| matches!(command.program(), "php-fpm" | "apache2-foreground" | "frankenphp"))
    }

    /// A build context of this name that a service adds: `COPY --from=NAME`.
    pub fn is_named_context(self, name: &str) -> bool {
        let adds = |service: &ServiceContext<'_>| service.build.as_ref().is_some_and(|build| build.additional_contexts.contains(name));
        self.dockerfile().services().any(|service| adds(&service))
    }

    /// The instruction before the one at `index` of its body.
    pub fn before(self, index: usize) -> Option<&'a Instruction> {
        index.checked_sub(1).and_then(|index| self.body().get(index))
    }
}

impl ServiceContext<'_> {
    /// Something is mounted at a path that holds this part: `storage`.
    pub fn mounts_below(self, part: &str) -> bool {
        self.model().volumes.iter().any(|mount| mount.target.value.split('/').any(|own| own == part))
    }
}

impl ServiceContext<'_> {
    /// Its container runs a supervisor, which may start what no command shows.
    pub fn has_own_supervisor(self) -> bool {
        let Some(dockerfile) = self.dockerfile() else { return false };
        let tells = |word: &str| ["supervisor", "s6-overlay", "runit"].iter().any(|name| word.contains(name));
        dockerfile.stages().any(|stage| stage.commands().any(|command| command.words.iter().any(|word| tells(&word.text))))
    }
}
