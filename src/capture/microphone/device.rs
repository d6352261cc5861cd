//! cpal: which inputs there are, and opening one. Its callback is the only code on the audio thread.

use std::{sync::Arc, time::Instant};

use cpal::{
    BufferSize, ErrorKind, Sample as _, SampleFormat, StreamConfig, SupportedBufferSize,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

use super::realtime;
use crate::capture::{
    CaptureError,
    resample::RATES,
    ring::{Intake, Outlet, Signs, ring},
};

/// How often the device is asked to call back; it can hold two periods.
const PERIODS_PER_SECOND: u32 = 10;

/// Which input a track is to come from, also after it was lost.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    Default,
    /// A name, an id, an index of [`names`], or a part of a name that only one input has.
    Named(String),
    /// What the computer plays.
    System,
}

impl Wanted {
    pub fn named(text: &str) -> Self {
        if text.eq_ignore_ascii_case("default") { Self::Default } else { Self::Named(text.into()) }
    }
}

/// An input that there is.
pub(super) struct Found {
    device: cpal::Device,
    name: String,
    id: String,
    wanted: Wanted,
}

/// An input that is open and running.
pub(super) struct Opened {
    pub name: String,
    pub rate: u32,
    /// `None` only while it is being closed.
    pub stream: Option<cpal::Stream>,
    pub outlet: Outlet,
    pub signs: Arc<Signs>,
    /// What times in `signs` count from.
    pub at: Instant,
    /// Another input than the one that was asked for, which is not there.
    pub stands_in: bool,
}

/// Names of the inputs there are, the default first.
pub(super) fn names() -> Result<Vec<String>, CaptureError> {
    Ok(all()?.into_iter().map(|found| found.name).collect())
}

/// Names of the systems that answer here.
pub(super) fn systems() -> Vec<&'static str> {
    cpal::available_hosts().into_iter().map(|host| host.name()).collect()
}

/// # Errors
/// When there is no such input, or the text fits several.
pub(super) fn find(wanted: &Wanted) -> Result<Found, CaptureError> {
    match wanted {
        Wanted::Default => {
            let device = host()?.default_input_device().ok_or(CaptureError::NoMicrophone)?;
            Ok(Found::new(device, Wanted::Default))
        }
        Wanted::System => {
            let system = all()?.into_iter().find(Found::is_system).ok_or(CaptureError::NoSystemAudio)?;
            Ok(Found { wanted: Wanted::System, ..system })
        }
        Wanted::Named(text) => {
            let mut inputs = all()?;
            let names: Vec<(String, String)> =
                inputs.iter().map(|found| (found.name.clone(), found.id.clone())).collect();
            Ok(inputs.swap_remove(choose(text, &names)?))
        }
    }
}

/// Opens whichever microphone can be opened, the default first.
pub(super) fn open_another() -> Option<Opened> {
    let default = find(&Wanted::Default).ok();
    let others = all().unwrap_or_default().into_iter().filter(|found| !found.is_system());
    let opened = default.into_iter().chain(others).find_map(|found| found.open().ok())?;
    Some(Opened { stands_in: true, ..opened })
}

/// The index of the input that `text` names among `(name, id)`: exactly, by index, or by a part that only one has.
fn choose(text: &str, inputs: &[(String, String)]) -> Result<usize, CaptureError> {
    if let Some(index) = inputs.iter().position(|(name, id)| name == text || id == text) {
        return Ok(index);
    }
    if let Some(index) = text.parse().ok().filter(|index| *index < inputs.len()) {
        return Ok(index);
    }
    let part = text.to_lowercase();
    let fitting: Vec<usize> = (0..inputs.len())
        .filter(|index| {
            let (name, id) = &inputs[*index];
            name.to_lowercase().contains(&part) || id.to_lowercase().contains(&part)
        })
        .collect();
    match fitting[..] {
        [] => Err(CaptureError::UnknownDevice(text.into())),
        [index] => Ok(index),
        _ => {
            let names: Vec<&str> = fitting.iter().map(|index| inputs[*index].0.as_str()).collect();
            Err(CaptureError::AmbiguousDevice { text: text.into(), inputs: names.join(", ") })
        }
    }
}

/// Where microphones come from. On Linux ALSA and no sound server, though cpal would choose one: servers take part in
/// ALSA, and it is there without them.
pub(super) fn host() -> Result<cpal::Host, CaptureError> {
    quiet();
    #[cfg(target_os = "linux")]
    let host = cpal::host_from_id(cpal::HostId::Alsa);
    #[cfg(not(target_os = "linux"))]
    let host = Ok(cpal::default_host());
    host.map_err(|error| refusal(&error, &Wanted::Default, "default"))
}

/// Inputs that give what the computer plays. Where a sound server runs, only it has them: ALSA does not list monitors.
fn system_inputs() -> Vec<Found> {
    #[cfg(target_os = "linux")]
    if let Some(server) = sound_server()
        && let Ok(devices) = server.input_devices()
    {
        let mut inputs: Vec<Found> =
            devices.map(|device| Found::new(device, Wanted::System)).filter(Found::is_system).collect();
        // A monitor is called by its output's name and `.monitor`; the default output is the one that is heard.
        let output = server.default_output_device().map(|device| Found::new(device, Wanted::System).id);
        inputs.sort_by_key(|found| output.as_ref().is_none_or(|output| !found.id.starts_with(output)));
        return inputs;
    }
    Vec::new()
}

/// The sound server, where one runs.
#[cfg(target_os = "linux")]
fn sound_server() -> Option<cpal::Host> {
    let server = cpal::available_hosts().into_iter().find(|host| *host == cpal::HostId::PulseAudio)?;
    // Where no cookie can be made, the server answers what it answers.
    drop(make_cookie());
    cpal::host_from_id(server).ok()
}

/// Makes the cookie that a sound server lets its user in with, where there is none. PulseAudio's library does so at the first
/// sound; cpal speaks the protocol itself and does not, and PipeWire refuses whoever brings none.
#[cfg(target_os = "linux")]
fn make_cookie() -> std::io::Result<()> {
    use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _};

    let Some(home) = std::env::home_dir() else { return Ok(()) };
    let folder = home.join(".config/pulse");
    let cookie = folder.join("cookie");
    if cookie.exists() || home.join(".pulse-cookie").exists() {
        return Ok(());
    }
    // What is made here is as PulseAudio makes it: 256 bytes that nobody else can read.
    let mut bytes = [0; 256];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    fs::create_dir_all(folder)?;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(cookie)?.write_all(&bytes)
}

/// All inputs, the default first; a name that several share is replaced by the id.
fn all() -> Result<Vec<Found>, CaptureError> {
    let host = host()?;
    let devices = host.input_devices().map_err(|error| refusal(&error, &Wanted::Default, "default"))?;
    let mut inputs: Vec<Found> = devices
        .map(|device| Found::new(device, Wanted::Default))
        .chain(system_inputs())
        // ALSA's device that discards what is played and gives zeros.
        .filter(|found| found.id != "null")
        .map(|found| Found { wanted: Wanted::Named(found.id.clone()), ..found })
        .collect();
    if let Some(default) = host.default_input_device() {
        let default = Found::new(default, Wanted::Default);
        inputs.sort_by_key(|found| found.id != default.id);
    }
    let names: Vec<String> = inputs.iter().map(|found| found.name.clone()).collect();
    for found in &mut inputs {
        if names.iter().filter(|name| **name == found.name).count() > 1 {
            found.name.clone_from(&found.id);
        }
    }
    Ok(inputs)
}

impl Found {
    fn new(device: cpal::Device, wanted: Wanted) -> Self {
        let id = device.id().map(|id| id.id().to_string()).unwrap_or_default();
        let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_string());
        Self { device, name, id, wanted }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// PulseAudio and PipeWire call an output's sound its monitor; elsewhere a loopback driver gives it.
    fn is_system(&self) -> bool {
        let text = format!("{} {}", self.name, self.id).to_lowercase();
        ["monitor", "loopback", "blackhole", "stereo mix"].iter().any(|word| text.contains(word))
    }

    /// Opens the input in its own format and starts it.
    ///
    /// # Errors
    /// When it is gone, busy or forbidden, or gives what this program cannot take.
    pub fn open(self) -> Result<Opened, CaptureError> {
        quiet();
        let refuse = |error: cpal::Error| refusal(&error, &self.wanted, &self.name);
        let supported = self.device.default_input_config().map_err(refuse)?;
        let config = supported.config();
        if !RATES.contains(&config.sample_rate) {
            let reason = format!("its rate of {} Hz is impossible", config.sample_rate);
            return Err(CaptureError::Failed { device: self.name, reason });
        }
        let patient = patient_buffer(&supported).map(|buffer_size| StreamConfig { buffer_size, ..config });
        let at = Instant::now();
        let start = |config: StreamConfig| {
            let (intake, outlet, signs) = ring(config.sample_rate, config.channels, at);
            let stream = build(&self.device, config, supported.sample_format(), intake, signs.clone())?;
            Ok((stream, outlet, signs))
        };
        let (stream, outlet, signs) = match patient.map(start) {
            Some(Ok(started)) => started,
            // A range that a device tells is not always one that it keeps.
            _ => start(config).map_err(refuse)?,
        };
        stream.play().map_err(refuse)?;
        tracing::debug!(input = self.name, rate = config.sample_rate, channels = config.channels, "an input is open");
        Ok(Opened {
            name: self.name,
            rate: config.sample_rate,
            stream: Some(stream),
            outlet,
            signs,
            at,
            stands_in: false,
        })
    }
}

/// A recorder is in no hurry, and two periods of 5 ms, which is what cpal asks of ALSA by default, lose sound as soon as
/// the machine is busy. Elsewhere the system chooses well.
fn patient_buffer(supported: &cpal::SupportedStreamConfig) -> Option<BufferSize> {
    match supported.buffer_size() {
        SupportedBufferSize::Range { min, max } if cfg!(target_os = "linux") && min <= max => {
            Some(BufferSize::Fixed((supported.sample_rate() / PERIODS_PER_SECOND).clamp(*min, *max)))
        }
        _ => None,
    }
}

fn build(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    mut intake: Intake,
    signs: Arc<Signs>,
) -> Result<cpal::Stream, cpal::Error> {
    let on_error = move |error: cpal::Error| match error.kind() {
        // Samples are missing; the next callback sees how many by the clock.
        ErrorKind::Xrun | ErrorKind::DeviceChanged => signs.overran(),
        // The stream runs on, only less punctually.
        ErrorKind::RealtimeDenied => (),
        _ => signs.broke(),
    };
    let mut asked = false;
    macro_rules! in_format {
        ($($format:ident: $sample:ty),*) => {
            match format {
                $(SampleFormat::$format => device.build_input_stream(
                    config,
                    move |frames: &[$sample], _: &cpal::InputCallbackInfo| {
                        if !std::mem::replace(&mut asked, true) {
                            realtime::ask();
                        }
                        intake.take(frames, |sample| sample.to_sample::<f32>());
                    },
                    on_error,
                    None,
                ),)*
                // One-bit formats, which no microphone has.
                _ => Err(cpal::Error::new(ErrorKind::UnsupportedConfig)),
            }
        };
    }
    in_format!(
        I8: i8, I16: i16, I24: cpal::I24, I32: i32, I64: i64, U8: u8, U16: u16, U24: cpal::U24, U32: u32, U64: u64,
        F32: f32, F64: f64
    )
}

/// What cpal's refusal means for the user.
fn refusal(error: &cpal::Error, wanted: &Wanted, name: &str) -> CaptureError {
    match (error.kind(), wanted) {
        (ErrorKind::DeviceBusy, _) => CaptureError::Busy(name.into()),
        (ErrorKind::PermissionDenied, _) => CaptureError::Forbidden,
        (ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable, Wanted::Default) => CaptureError::NoMicrophone,
        (ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable, _) => CaptureError::UnknownDevice(name.into()),
        _ if error.to_string().contains(NO_SERVER) => CaptureError::NoServer,
        _ => CaptureError::Failed { device: name.into(), reason: error.to_string() },
    }
}

/// EHOSTDOWN, which is how ALSA's way to a sound server says that there is none; cpal has no kind for it.
const NO_SERVER: &str = "(112)";

/// libasound writes to stderr whatever it looks for in vain. What matters of it comes back as an error, so that on this
/// thread it is told to keep quiet.
#[cfg(target_os = "linux")]
fn quiet() {
    use std::ffi::{c_char, c_int, c_void};

    /// File, line, function, error number, format, and a `va_list`, which is passed as a pointer on Linux.
    type Handler = unsafe extern "C" fn(*const c_char, c_int, *const c_char, c_int, *const c_char, *mut c_void);

    unsafe extern "C" {
        fn snd_lib_error_set_local(handler: Option<Handler>) -> Option<Handler>;
    }

    unsafe extern "C" fn ignore(
        _: *const c_char,
        _: c_int,
        _: *const c_char,
        _: c_int,
        _: *const c_char,
        _: *mut c_void,
    ) {
    }

    // SAFETY: libasound is linked, for cpal's ALSA host is built in; the handler reads none of its arguments, and lives
    // as long as the program.
    unsafe {
        snd_lib_error_set_local(Some(ignore));
    }
}

#[cfg(not(target_os = "linux"))]
fn quiet() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_chosen_by_name_id_index_or_a_part_that_only_one_has() {
        let inputs = [("Built-in Audio", "hw:0"), ("USB Mic", "hw:1"), ("USB Camera", "hw:2"), ("7", "hw:3")]
            .map(|(name, id)| (name.to_string(), id.to_string()));
        let cases = [
            ("USB Mic", Ok(1)),
            ("hw:2", Ok(2)),
            ("0", Ok(0)),
            ("7", Ok(3)),
            ("camera", Ok(2)),
            ("BUILT", Ok(0)),
            ("9", Err(CaptureError::UnknownDevice("9".into()))),
            ("Bluetooth", Err(CaptureError::UnknownDevice("Bluetooth".into()))),
            ("usb", Err(CaptureError::AmbiguousDevice { text: "usb".into(), inputs: "USB Mic, USB Camera".into() })),
        ];
        for (text, expected) in cases {
            assert_eq!(choose(text, &inputs), expected, "{text}");
        }
    }

    #[test]
    fn what_cpal_refuses_says_what_to_do() {
        let named = Wanted::Named("x".into());
        let cases = [
            (ErrorKind::DeviceBusy, &named, CaptureError::Busy("x".into())),
            (ErrorKind::PermissionDenied, &Wanted::Default, CaptureError::Forbidden),
            (ErrorKind::DeviceNotAvailable, &Wanted::Default, CaptureError::NoMicrophone),
            (ErrorKind::DeviceNotAvailable, &named, CaptureError::UnknownDevice("x".into())),
            (ErrorKind::HostUnavailable, &Wanted::Default, CaptureError::NoMicrophone),
        ];
        for (kind, wanted, expected) in cases {
            assert_eq!(refusal(&cpal::Error::new(kind), wanted, "x"), expected);
        }
        let down = "ALSA function 'snd_pcm_open' failed with error 'Host is down (112)'";
        let down = cpal::Error::with_message(ErrorKind::BackendError, down);
        assert_eq!(refusal(&down, &named, "x"), CaptureError::NoServer);
    }
}
