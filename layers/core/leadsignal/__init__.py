"""LeadSignal: raw tracking events in, explained leads and timely actions out."""
