"""Providers of company data, one file each."""
