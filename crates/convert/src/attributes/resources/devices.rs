//! gpus, deploy.resources.reservations.devices → extended resources of device plugins.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use smol_str::SmolStr;
use windlass_compose::model::{DeviceCount, DeviceRequest};
use windlass_source::{Code, Diagnostic, Span, Spanned};

use super::{Amounts, place};
use crate::attributes::Sink;
use crate::decide::ServicePlan;

pub(super) fn gpus(
    gpus: &[Spanned<DeviceRequest>],
    requests: &mut Amounts,
    limits: &mut Amounts,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    for (index, request) in gpus.iter().enumerate() {
        device(&format!("gpus[{index}]"), request, true, requests, limits, service, sink);
    }
}

pub(super) fn reserved(
    devices: &[Spanned<DeviceRequest>],
    requests: &mut Amounts,
    limits: &mut Amounts,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    for (index, request) in devices.iter().enumerate() {
        device(&format!("deploy.resources.reservations.devices[{index}]"), request, false, requests, limits, service, sink);
    }
}

/// `runtime: nvidia`, as people wrote before there was `gpus`: the devices that `NVIDIA_VISIBLE_DEVICES` names, else all.
pub(super) fn by_runtime(requests: &mut Amounts, limits: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Some(runtime) = service.service.runtime.as_ref().filter(|runtime| runtime.as_str() == "nvidia") else { return };
    let variable = service.service.environment.get("NVIDIA_VISIBLE_DEVICES").and_then(|value| value.as_ref());
    let visible = variable.map_or("all", |value| value.trim());
    if matches!(visible, "" | "none" | "void") {
        return;
    }
    if visible == "all" {
        let span = variable.map_or_else(|| runtime.span(), Spanned::span);
        all_devices(span, "write a number: `gpus: [{ count: 1 }]`", service, sink);
        return;
    }
    let names: BTreeSet<&str> = visible.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let amount = Quantity(names.len().to_string());
    for (side, amounts) in [("requests", requests), ("limits", limits)] {
        amounts.insert(NVIDIA.to_owned(), amount.clone());
        let because = "`runtime: nvidia` with as many devices in `NVIDIA_VISIBLE_DEVICES`, of the device plugin's choice";
        sink.fates.inferred(service.index, place(service, side, NVIDIA), amount.0.clone(), because, "gpus");
    }
}

/// Says that a number is needed.
fn all_devices(span: Option<Span>, help: &str, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    sink.diagnostics.push(
        Diagnostic::warning(Code("convert::devices"), format!("`{}` asks for all devices", service.service.name.value))
            .label(span, "how many does it need?")
            .because("a pod asks for a number of devices and gets them for itself alone; nodes have different numbers")
            .help(help),
    );
}

/// The resource of NVIDIA's device plugin.
const NVIDIA: &str = "nvidia.com/gpu";

/// The resource that the vendor's device plugin offers.
fn resource(driver: Option<&Spanned<SmolStr>>, capabilities: &[Spanned<SmolStr>], is_gpu: bool) -> Option<&'static str> {
    let has = |name: &str| capabilities.iter().any(|capability| capability.as_str() == name);
    match driver.map(|driver| driver.as_str()) {
        Some("nvidia") => Some(NVIDIA),
        Some("amd" | "amd.com") => Some("amd.com/gpu"),
        Some("intel") => Some("gpu.intel.com/i915"),
        Some(_) => None,
        None if has("tpu") => Some("google.com/tpu"),
        None if is_gpu || has("gpu") || has("nvidia") => Some(NVIDIA),
        None => None,
    }
}

fn device(
    attribute: &str,
    request: &Spanned<DeviceRequest>,
    is_gpu: bool,
    requests: &mut Amounts,
    limits: &mut Amounts,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    let DeviceRequest { capabilities, driver, count, device_ids, options, extensions } = &request.value;
    let path = sink.at(attribute);
    for extension in extensions {
        sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
    let Some(resource) = resource(driver.as_ref(), capabilities, is_gpu) else {
        sink.fates.lost(path, "no device plugin is known for this driver; ask for its resource by name in the manifests");
        return;
    };
    let number = match count.as_ref().map(|count| count.value) {
        Some(DeviceCount::Number(number)) if number > 0 => number,
        None if !device_ids.is_empty() => i64::try_from(device_ids.len()).unwrap_or(1),
        Some(DeviceCount::Number(_)) => {
            sink.fates.mapped_with(path, [], "no device");
            return;
        }
        Some(DeviceCount::All) | None => {
            all_devices(count.as_ref().and_then(|count| count.span()), "write a number: `count: 1`", service, sink);
            sink.fates.refused(path, format!("a pod asks for a number of devices; write `count: 1` or how many `{resource}` it needs"));
            return;
        }
    };
    let before = limits.get(resource).and_then(|amount: &Quantity| amount.0.parse::<i64>().ok()).unwrap_or_default();
    let amount = Quantity(number.saturating_add(before).to_string());
    // An extended resource has to be in both, with the same number.
    limits.insert(resource.to_owned(), amount.clone());
    requests.insert(resource.to_owned(), amount);
    let places = || [place(service, "requests", resource), place(service, "limits", resource)];
    sink.fates.mapped(path.clone(), places());
    if !device_ids.is_empty() {
        sink.fates.approximated(path.key("device_ids"), places(), "as many devices, of the device plugin's choice");
    }
    if !options.is_empty() {
        sink.fates.lost(path.key("options"), "device plugins take no options from a pod");
    }
}
