//! Quantities as Kubernetes writes them (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>), as far as
//! sizes need them.

/// Thousandths of a CPU: `500m`, `2`, `1.5`.
pub(super) fn cpu_millis(text: &str) -> Option<u32> {
    match text.strip_suffix('m') {
        Some(millis) => digits(millis)?.try_into().ok(),
        None => u32::try_from(thousandths(text)?).ok(),
    }
}

/// Bytes: `4Gi`, `512Mi`, `2G`, `1073741824`.
pub(super) fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ];
    let unit = UNITS.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    match unit {
        // Rounded up: never less than was asked for.
        Some((number, factor)) => Some(thousandths(number)?.checked_mul(factor)?.div_ceil(1000)),
        None => digits(text),
    }
}

/// A number with up to three digits behind the point, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    if part.is_empty() || part.len() > 3 {
        return None;
    }
    digits(whole)?.checked_mul(1000)?.checked_add(digits(&format!("{part:0<3}"))?)
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_means_them() {
        assert_eq!(
            ["500m", "2", "1.5", "2000m"].map(cpu_millis),
            [Some(500), Some(2000), Some(1500), Some(2000)]
        );
        assert_eq!(["1Gi", "1.5Gi", "512Mi"].map(bytes), [Some(1 << 30), Some(3 << 29), Some(512 << 20)]);
        assert_eq!(["2G", "1024", "1k"].map(bytes), [Some(2_000_000_000), Some(1024), Some(1000)]);
        for bad in [
            "",
            "m",
            "Gi",
            "-1",
            "1e3",
            "1.Gi",
            "1.2345Gi",
            "4 Gi",
            "４Gi",
            "99999999999999999999",
            "99999999999Ti",
        ] {
            assert_eq!((cpu_millis(bad), bytes(bad)), (None, None), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,24}") {
            let _ = (cpu_millis(&text), bytes(&text));
        }

        #[test]
        fn what_is_written_is_read_back(millis in 1_u32..1_000_000, mib in 1_u64..1_000_000) {
            prop_assert_eq!(cpu_millis(&format!("{millis}m")), Some(millis));
            prop_assert_eq!(bytes(&format!("{mib}Mi")), Some(mib << 20));
        }
    }
}
