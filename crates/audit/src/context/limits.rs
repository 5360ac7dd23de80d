//! What a service may use at most and should have at least, whichever of Compose's spellings says it: `deploy.resources`, or the attributes
//! of the service itself.

use windlass_compose::model::{Bytes, Resources};
use windlass_images::image::{Amounts, Role};
use windlass_source::Spanned;

use super::service::ServiceContext;

/// Microseconds of a scheduler period where `cpu_period` does not say otherwise.
const CPU_PERIOD: f64 = 100_000.0;

impl<'a> ServiceContext<'a> {
    fn resources(self) -> Option<&'a Resources> {
        self.model().deploy.as_ref()?.resources.as_ref().map(|resources| &resources.value)
    }

    /// The limits that the catalogue gives for its image, as quantities of Kubernetes.
    pub fn usual_limits(self) -> Option<&'a Amounts> {
        self.image().filter(|image| image.role != Role::Base).map(|image| &image.resources.limits)
    }

    /// The memory limit in bytes.
    pub fn memory_limit(self) -> Option<Spanned<i64>> {
        let limits = self.resources().and_then(|resources| resources.limits.as_ref());
        limits.and_then(|limits| positive(limits.memory.as_ref())).or_else(|| positive(self.model().mem_limit.as_ref()))
    }

    /// The memory that it should have, in bytes.
    pub fn memory_reservation(self) -> Option<Spanned<i64>> {
        let reservations = self.resources().and_then(|resources| resources.reservations.as_ref());
        let written = reservations.and_then(|reservations| positive(reservations.memory.as_ref()));
        written.or_else(|| positive(self.model().mem_reservation.as_ref()))
    }

    /// The processors that it may use, in cores; those that it is pinned to count.
    pub fn cpu_limit(self) -> Option<Spanned<f64>> {
        let service = self.model();
        let limits = self.resources().and_then(|resources| resources.limits.as_ref());
        let written = limits.and_then(|limits| limits.cpus.clone()).or_else(|| service.cpus.clone()).filter(|cores| cores.value > 0.0);
        let by_quota = || {
            let quota = service.cpu_quota.as_ref().filter(|quota| quota.value > 0)?;
            let period = service.cpu_period.as_ref().filter(|period| period.value > 0).map_or(CPU_PERIOD, |period| period.value as f64);
            Some(Spanned::new(quota.value as f64 / period, quota.origin.clone()))
        };
        let by_set = || {
            let set = service.cpuset.as_ref()?;
            Some(Spanned::new(processors(&set.value)?, set.origin.clone()))
        };
        written.or_else(by_quota).or_else(by_set)
    }

    /// The processors that it should have, in cores.
    pub fn cpu_reservation(self) -> Option<Spanned<f64>> {
        let reservations = self.resources().and_then(|resources| resources.reservations.as_ref());
        reservations.and_then(|reservations| reservations.cpus.clone()).filter(|cores| cores.value > 0.0)
    }

    /// The number of processes that it may have.
    pub fn pids_limit(self) -> Option<Spanned<i64>> {
        let limits = self.resources().and_then(|resources| resources.limits.as_ref());
        let written = limits.and_then(|limits| limits.pids.clone()).or_else(|| self.model().pids_limit.clone());
        written.filter(|pids| pids.value > 0)
    }
}

fn positive(bytes: Option<&Spanned<Bytes>>) -> Option<Spanned<i64>> {
    bytes.filter(|bytes| bytes.value.0 > 0).map(|bytes| Spanned::new(bytes.value.0, bytes.origin.clone()))
}

/// How many processors `0-3,5` names.
fn processors(set: &str) -> Option<f64> {
    let mut count = 0_u32;
    for part in set.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        count = count.saturating_add(last.checked_sub(first)?.saturating_add(1));
    }
    Some(f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted() {
        assert_eq!(processors("0-3,5"), Some(5.0));
        assert_eq!(processors("3-1"), None);
        assert_eq!(processors(""), None);
    }
}
