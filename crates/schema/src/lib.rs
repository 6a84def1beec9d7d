//! What the API server of a Kubernetes version does with the fields of an object.
