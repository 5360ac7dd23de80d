//! Converts every runset of the corpus in one process, as the command line does: load, convert, account for every attribute, ask
//! what an API server would say, write. What `cargo xtask bench` times.
#![expect(clippy::print_stdout, reason = "a program of its own")]

use std::time::Instant;

use windlass_emit::layouts;
use windlass_k8s::schema::Version;
use windlass_k8s::validation::check_objects;
use windlass_suite::projects::{Selection, corpus};

fn main() {
    let Some(directory) = windlass_testkit::shared("corpus") else { return };
    let start = Instant::now();
    let (mut refused, mut objects, mut bytes) = (0, 0, 0);
    let projects = corpus(&directory, Selection::All);
    for (_, project) in &projects {
        let (loaded, conversion) = project.convert();
        if loaded.diagnostics.iter().any(windlass_source::Diagnostic::is_error) {
            refused += 1;
            continue;
        }
        check_objects(&conversion.objects, Version::DEFAULT);
        objects += conversion.objects.len();
        bytes += layouts::stream(&conversion.objects, &loaded.sources, layouts::Options::default()).map(|text| text.len()).sum::<usize>();
    }
    let converted = projects.len() - refused;
    println!("{converted} runsets to {objects} objects ({bytes} bytes), {refused} refused: {:.2} s", start.elapsed().as_secs_f64());
}
