use super::*;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn nothing_is_removed_with_success() {
    let scratch = tempfile::tempdir().unwrap();
    remove_tree(&scratch.path().join("missing")).unwrap();
}

#[test]
fn a_full_tree_goes_and_what_its_links_point_at_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let (tree, outside) = (scratch.path().join("tree"), scratch.path().join("outside"));
    fs::create_dir_all(tree.join("a/b/c")).unwrap();
    fs::create_dir_all(tree.join("a/.flat-1/x")).unwrap();
    fs::create_dir_all(tree.join(".flat-1/y")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "").unwrap();
    for place in ["link", "a/link", "a/b/c/link"] {
        symlink(&outside, tree.join(place)).unwrap();
        fs::write(tree.join(place).with_file_name("file"), "x").unwrap();
    }
    fs::set_permissions(tree.join("a/b"), std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    remove_tree(&tree).unwrap();
    assert!(!tree.exists());
    assert!(outside.join("kept").exists());
}

#[test]
fn a_link_in_the_place_of_the_tree_is_not_followed() {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("outside")).unwrap();
    fs::write(scratch.path().join("outside/kept"), "").unwrap();
    let link = scratch.path().join("link");
    symlink(scratch.path().join("outside"), &link).unwrap();
    assert!(remove_tree(&link).is_err());
    assert!(scratch.path().join("outside/kept").exists());
}

#[test]
fn directories_nested_beyond_any_path_are_removed_on_a_small_stack() {
    let scratch = tempfile::tempdir().unwrap();
    let tree = scratch.path().join("tree");
    fs::create_dir(&tree).unwrap();
    // Deeper than PATH_MAX allows to name, and than this process may have files open.
    let script = "import os\nfor _ in range(2500): os.mkdir('d'); os.chdir('d')";
    let nested = Command::new("python3").args(["-c", script]).current_dir(&tree).status().unwrap();
    assert!(nested.success());
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    small
        .spawn(move || remove_tree(&tree).map(|()| assert!(!tree.exists())))
        .unwrap()
        .join()
        .unwrap()
        .unwrap();
}
