//! Checks that an installation is what it should be.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::RuntimeError;

/// Longest time that printing a version may take. A fifth of a second on a quiet machine.
const VERSION_TIME_MAX: Duration = Duration::from_secs(60);

/// The parts of a lockfile (version 3) that say what must be there.
#[derive(Deserialize)]
struct Lockfile {
    packages: BTreeMap<String, LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    #[serde(default)]
    os: Names,
    #[serde(default)]
    cpu: Names,
    #[serde(default)]
    libc: Names,
    /// Only needed to develop the package that names it.
    #[serde(default)]
    dev: bool,
}

/// npm writes one name as text and several as a list.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Names {
    #[default]
    Any,
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn permit(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::One(only) => only == name,
            // `!name` excludes; no package of ours does, and one that did would be left out.
            Self::Several(names) => names.iter().any(|permitted| permitted == name),
        }
    }
}

/// This machine's architecture in npm's words.
fn npm_cpu() -> Result<&'static str, RuntimeError> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x64"),
        "aarch64" => Ok("arm64"),
        other => Err(RuntimeError::Wrong { what: format!("there is no runtime for {other} processors") }),
    }
}

/// The npm package that holds Node.js for this machine.
pub(super) fn node_package() -> Result<String, RuntimeError> {
    npm_cpu().map(|cpu| format!("node-linux-{cpu}"))
}

/// Every package of the lockfile that this machine can use is there: npm leaves out optional ones silently.
pub(super) fn packages_are_complete(dir: &Path, lockfile: &str) -> Result<(), RuntimeError> {
    let cpu = npm_cpu()?;
    let lockfile: Lockfile = serde_json::from_str(lockfile)
        .map_err(|error| RuntimeError::Wrong { what: format!("its lockfile: {error}") })?;
    for (path, package) in &lockfile.packages {
        let usable = package.os.permit("linux") && package.cpu.permit(cpu) && package.libc.permit("glibc");
        if usable && !package.dev && !dir.join(path).join("package.json").exists() {
            return Err(RuntimeError::Wrong { what: format!("{path} is missing") });
        }
    }
    Ok(())
}

/// The program starts and says the version that is expected.
pub(super) async fn prints_version(
    program: &Path,
    scripts: &[&Path],
    version: &str,
) -> Result<(), RuntimeError> {
    const WHAT: &str = "asking what was installed for its version";
    let wrong = |said: String| RuntimeError::Wrong {
        what: format!("{} is not {version}: {said}", program.display()),
    };
    let mut command = Command::new(program);
    command.args(scripts).arg("--version").env_clear().stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_TIME_MAX, command.output())
        .await
        .map_err(|_elapsed| RuntimeError::Slow { what: WHAT, limit: VERSION_TIME_MAX })?
        .map_err(|error| wrong(error.to_string()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !printed.split_whitespace().any(|word| word == version) {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(wrong(format!("{printed}{errors}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_this_machine_can_use_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let lockfile = r#"{ "packages": {
            "": {},
            "node_modules/a": {},
            "node_modules/mac": { "os": ["darwin"], "optional": true },
            "node_modules/musl": { "os": "linux", "libc": ["musl"], "optional": true },
            "node_modules/dev": { "dev": true }
        } }"#;
        std::fs::write(dir.path().join("package.json"), "{}").unwrap();
        let error = packages_are_complete(dir.path(), lockfile).unwrap_err();
        assert!(error.to_string().contains("node_modules/a is missing"), "{error}");
        std::fs::create_dir_all(dir.path().join("node_modules/a")).unwrap();
        std::fs::write(dir.path().join("node_modules/a/package.json"), "{}").unwrap();
        packages_are_complete(dir.path(), lockfile).unwrap();
    }

    #[tokio::test]
    async fn a_program_that_says_another_version_is_refused() {
        let error = prints_version(Path::new("/bin/bash"), &[], "0.0.1").await.unwrap_err();
        assert!(matches!(error, RuntimeError::Wrong { .. }), "{error}");
    }
}
