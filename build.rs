//! macOS hands silence to a program that does not say what it wants the microphone for; one that is no bundle says so in
//! a section of its own. `packaging/README.md` tells how to check it.

fn main() {
    println!("cargo:rerun-if-changed=packaging/Info.plist");
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "macos") {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bins=-Wl,-sectcreate,__TEXT,__info_plist,{root}/packaging/Info.plist");
    }
}
