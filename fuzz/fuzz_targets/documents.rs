//! Any text as a page of a gateway. Whatever is mounted differs from what it was by the prefix alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smartbox_openclaw::control_ui::mount;

const MARK: &str = r#" data-openclaw-control-ui-base-path="""#;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (prefix, page) = text.split_once('\0').unwrap_or(("/b/home", &text));
    for page in [page.to_owned(), format!("<html{MARK}>{page}")] {
        let Some(mounted) = mount(&page, prefix) else { continue };
        assert!(page.contains(MARK));
        assert!(prefix.starts_with('/') && !prefix.contains(['"', '<', '>', '&', ' ', '\'']), "{prefix}");
        let stamps = page.matches(r#" href="/"#).count() + page.matches(r#" src="/"#).count();
        assert_eq!(mounted.len(), page.len() + prefix.len() * (1 + stamps));
    }
});
