"""What happens between the start of an instance and the start of its role."""
