//! Devices of people.

mod approve;
mod approve_all;
mod list;
mod pair;
mod revoke;
mod show;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use smartbox_api::DeviceView;
use smartbox_control::Device;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(pair::pair, list::list))
        .routes(routes!(approve_all::approve_all))
        .routes(routes!(show::show))
        .routes(routes!(approve::approve))
        .routes(routes!(revoke::revoke))
}

pub(super) fn device_view(device: &Device) -> DeviceView {
    DeviceView {
        id: device.id.to_string(),
        user: device.user.to_string(),
        name: device.name.clone(),
        status: device.status.to_string(),
        fingerprint: fingerprint(&device.public_key),
        address: device.address.clone(),
        created_at: device.created_at.to_string(),
        expires_at: device.expires_at.map(|at| at.to_string()),
        approved_at: device.approved_at.map(|at| at.to_string()),
        approved_by: device.approved_by.clone(),
    }
}

/// What two people can read to each other: eight bytes of the key's hash.
pub(crate) fn fingerprint(public_key: &str) -> String {
    // Only whole keys are stored; another text would only have another fingerprint.
    let raw = URL_SAFE_NO_PAD.decode(public_key).unwrap_or_default();
    let hash = digest::digest(&digest::SHA256, &raw);
    let pairs = hash.as_ref().chunks(2).take(4);
    pairs
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_short_and_of_the_key_alone() {
        // `printf '' | sha256sum` begins like this.
        assert_eq!(fingerprint(""), "e3b0-c442-98fc-1c14");
        assert_ne!(fingerprint("AAAA"), fingerprint("AAAB"));
    }
}
