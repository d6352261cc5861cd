//! A session from a microphone: what a real cpal stream heard gets the numbers that the same sound gets from a file.
#![cfg(target_os = "linux")]

mod program;
#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    thread,
    time::{Duration, Instant},
};

use program::{Home, demo_session};
use sidetone::{
    capture::{FileSource, Heard, Source},
    units::SAMPLE_RATE,
};
use virtual_microphone::VirtualMicrophone;

/// How much of the demo session is played, at its own speed.
const SECONDS: usize = 60;
/// Past this the sound got stuck.
const PATIENCE: Duration = Duration::from_secs(180);
/// The talk ratio of the same session, heard and read, may differ by this: 2 points.
const TOLERANCE: f64 = 0.02;

fn first_minute() -> Vec<i16> {
    let mut source = FileSource::open(&demo_session(), f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while samples.len() < SECONDS * SAMPLE_RATE as usize {
        match source.next(Duration::from_secs(1)).unwrap() {
            Heard::Block(block) => samples.extend(block.samples.iter().map(|s| (s * 32767.0).round() as i16)),
            Heard::Nothing => {}
            Heard::End => break,
        }
    }
    samples.truncate(SECONDS * SAMPLE_RATE as usize);
    samples
}

#[test]
fn a_microphone_and_a_file_give_the_same_talk_ratio() {
    let microphone = VirtualMicrophone::new();
    let (name, value) = microphone.env();
    let home = Home::new().with_env(name, value.to_str().unwrap());
    home.hannah();
    let start = ["start", "--coachee", "Hannah", "--consent-both", "--coach-speaks-first"];
    // A model that knows synthetic voices only is not taken for a real one by mistake.
    home.run(&start).refused("demo", "--model demo.en");
    home.run(&[&start[..], &["--model", "demo.en"]].concat()).ok();

    let samples = first_minute();
    microphone.play_16khz(&samples);
    let begun = Instant::now();
    let elapsed = || home.run(&["status", "--json"]).json()["elapsed_s"].as_f64().unwrap();
    while !microphone.is_done() {
        assert!(begun.elapsed() < PATIENCE, "the sound is stuck");
        thread::sleep(Duration::from_millis(100));
    }
    let played = elapsed();
    while elapsed() < played + 1.0 {
        assert!(begun.elapsed() < PATIENCE, "the recorder is stuck");
    }
    let heard = home.run(&["stop", "--json"]).json();

    let file = home.path("work").join("minute.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&file, spec).unwrap();
    samples.iter().for_each(|sample| wav.write_sample(*sample).unwrap());
    wav.finalize().unwrap();
    let import = ["import", file.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--coach-speaks-first"];
    let read = home.run(&[&import[..], &["--model", "demo.en", "--json"]].concat()).json();

    let share = |report: &serde_json::Value| report["talk_ratio"]["coach"].as_f64().unwrap();
    assert!((share(&heard) - share(&read)).abs() <= TOLERANCE, "{} heard, {} read", share(&heard), share(&read));
    // Of real voices the demo model hears nothing that could be counted, and a microphone may bring real ones.
    assert!(heard["directiveness"]["index"].is_null(), "{}", heard["directiveness"]);
    let caveats: Vec<&str> = heard["caveats"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert!(caveats.contains(&"demo_model"), "{caveats:?}");
    assert_eq!(heard["health"]["dropped_s"], 0.0);
}
