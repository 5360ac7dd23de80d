//! `services.*.blkio_config`: limits of block devices.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::quantity::Bytes;
use crate::model::record::record;
use crate::model::rule::{INT_OR_TEXT, Rule, TEXT};

record! {
    /// Limits of block devices.
    pub struct BlkioConfig as BLKIO_CONFIG.without_extensions() {
        /// Relative weight, 10 to 1000.
        weight: Option<Spanned<u64>> = INT_OR_TEXT,
        /// Relative weights by device.
        weight_device: Vec<Spanned<WeightDevice>> = { const ITEM: Rule = Rule::object(&WEIGHT_DEVICE); Rule::list(&ITEM) },
        /// Bytes a second that may be read.
        device_read_bps: Vec<Spanned<ThrottleDevice>> = THROTTLES,
        /// Operations a second that may read.
        device_read_iops: Vec<Spanned<ThrottleDevice>> = THROTTLES,
        /// Bytes a second that may be written.
        device_write_bps: Vec<Spanned<ThrottleDevice>> = THROTTLES,
        /// Operations a second that may write.
        device_write_iops: Vec<Spanned<ThrottleDevice>> = THROTTLES,
    }
}

const THROTTLES: Rule = {
    const ITEM: Rule = Rule::object(&THROTTLE_DEVICE);
    Rule::list(&ITEM)
};

record! {
    /// The weight of a device.
    pub struct WeightDevice as WEIGHT_DEVICE.without_extensions() {
        /// The device.
        path: Spanned<SmolStr> = TEXT,
        /// Its weight, 10 to 1000.
        weight: Option<Spanned<u64>> = INT_OR_TEXT,
    }
}

record! {
    /// The limit of a device.
    pub struct ThrottleDevice as THROTTLE_DEVICE.without_extensions() {
        /// The device.
        path: Spanned<SmolStr> = TEXT,
        /// Bytes or operations a second.
        rate: Option<Spanned<Bytes>> = INT_OR_TEXT,
    }
}
