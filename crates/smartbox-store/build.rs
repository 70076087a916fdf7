//! Builds the crate again when a migration is added: the compiler cannot see the directory the macro reads.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
