"""The data that ships in ``layers/deps/leadsignal_data``, made from its public sources."""
