//! The repository as others read it: Debian's restic, and a real S3 server. `scripts/packages.sh test` and
//! `scripts/test-python.sh` install them.

mod restic;
mod seaweed;
mod world;
