### What the recorder tells whoever records.

## protocol.rs: nothing more can be recorded, or soon cannot

trouble-disk-low = the disk is almost full: free some space, or stop soon
trouble-disk-full = the disk is full and recording has ended; what was said before is safe: `sidetone stop`
trouble-write-failed = the disk cannot be written and recording has ended: `sidetone stop`
trouble-input-failed = the input is gone and recording has ended: `sidetone stop`
