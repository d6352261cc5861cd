/// What is known about the stream. No sound.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Health {
    /// Samples (at 16 kHz) that were lost because nobody took them in time; silence stands in for them.
    pub dropped: u64,
    /// How often the stream broke or went missing.
    pub gaps: u32,
    /// Level of the last second of each track, in dB of full scale.
    pub level_db: [f32; 2],
    pub alarm: Option<Alarm>,
}
/// What is wrong right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm { NoSound, AllZero, Clipped, Silent, Rebuilding }
