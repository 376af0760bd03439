use synod_types::store::Version;

/// Where one frame of a stream stands within its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The stream's version before the frame.
    pub after: Version,
    /// How many records it holds.
    pub count: u32,
    /// First byte.
    pub offset: u64,
    /// Size in bytes.
    pub bytes: u32,
}

impl Extent {
    /// The stream's version with the frame.
    pub const fn through(&self) -> Version {
        Version(self.after.0 + self.count as u64)
    }
}

/// All frames of one stream within one segment, in order, some 4 to 8 bytes each: numbers of
/// records, gaps and sizes as variable-length integers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    after: Version,
    through: Version,
    end: u64,
    encoded: Vec<u8>,
}

impl Track {
    /// An empty track of a stream that is at `after`.
    pub const fn new(after: Version) -> Self {
        Self { after, through: after, end: 0, encoded: Vec::new() }
    }

    /// The version before the first frame.
    pub const fn after(&self) -> Version {
        self.after
    }

    /// The version with the last frame.
    pub const fn through(&self) -> Version {
        self.through
    }

    /// Its compact form, to be read by [`extents`](Self::extents).
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// Adds the next frame.
    ///
    /// # Panics
    /// If it does not follow the last one: in versions exactly, in the file at all.
    pub fn push(&mut self, extent: Extent) {
        assert!(extent.after == self.through, "frames of a stream follow one another");
        assert!(self.end <= extent.offset, "frames of a segment follow one another");
        for number in [u64::from(extent.count), extent.offset - self.end, u64::from(extent.bytes)] {
            push_number(&mut self.encoded, number);
        }
        self.through = extent.through();
        self.end = extent.offset + u64::from(extent.bytes);
    }

    /// The frames, from the compact form. Ends early if that is no track.
    pub fn extents(after: Version, encoded: &[u8]) -> impl Iterator<Item = Extent> {
        let (mut rest, mut after, mut end) = (encoded, after, 0_u64);
        std::iter::from_fn(move || {
            let count = u32::try_from(take_number(&mut rest)?).ok()?;
            let offset = end.checked_add(take_number(&mut rest)?)?;
            let bytes = u32::try_from(take_number(&mut rest)?).ok()?;
            let extent = Extent { after, count, offset, bytes };
            after = Version(after.0.checked_add(u64::from(count))?);
            end = offset.checked_add(u64::from(bytes))?;
            Some(extent)
        })
    }
}

/// Seven bits a byte, low ones first; the eighth says that more follow.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_track_gives_back_what_was_pushed(
            start in 0..u64::MAX / 4,
            steps in prop::collection::vec((1..u32::MAX, 0..1_u64 << 40, 1..u32::MAX), 0..40),
        ) {
            let mut track = Track::new(Version(start));
            let mut pushed = Vec::new();
            let mut end = 0;
            for (count, gap, bytes) in steps {
                let extent = Extent { after: track.through(), count, offset: end + gap, bytes };
                end = extent.offset + u64::from(bytes);
                track.push(extent);
                pushed.push(extent);
            }
            let read: Vec<_> = Track::extents(track.after(), track.encoded()).collect();
            prop_assert_eq!(read, pushed);
        }

        #[test]
        fn nonsense_ends_and_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Track::extents(Version(1), &bytes).count() <= 64);
        }
    }
}
