package tenant

// Settings returns the tier of a tenant with the tenant's overrides and all defaults
// applied: KeyShards and LogRetentionDays are set, and Domain is never nil. A field of
// throttle or domain that the tenant does not set is the tier's. The result shares no
// memory with the file. The tenant must be one of the file, or name one of its tiers.
func (f *File) Settings(t Tenant) Tier {
	s := f.Tiers[t.Tier]
	override(&s.Data, t.Data)
	override(&s.Search, t.Search)
	override(&s.KeyShards, t.KeyShards)
	override(&s.LogRetentionDays, t.LogRetentionDays)
	if t.Throttle != nil {
		override(&s.Throttle.Rate, t.Throttle.Rate)
		override(&s.Throttle.Burst, t.Throttle.Burst)
	}
	if s.KeyShards == 0 {
		s.KeyShards = DefaultKeyShards
	}
	if s.LogRetentionDays == 0 {
		s.LogRetentionDays = DefaultLogRetentionDays
	}
	domain := DefaultDomain().with(s.Domain).with(t.Domain)
	s.Domain = &domain
	return s
}

// SearchDomain returns the size of the cell's shared search domain with all defaults applied.
func (c Cell) SearchDomain() Domain { return DefaultDomain().with(c.Domain) }

// with replaces the fields that another domain sets.
func (d Domain) with(other *Domain) Domain {
	if other == nil {
		return d
	}
	if other.InstanceType != "" {
		d.InstanceType = other.InstanceType
	}
	if other.InstanceCount != 0 {
		d.InstanceCount = other.InstanceCount
	}
	if other.VolumeGiB != 0 {
		d.VolumeGiB = other.VolumeGiB
	}
	return d
}

// Protected reports whether the cell's stack is protected from being deleted.
func (c Cell) Protected() bool { return c.TerminationProtection == nil || *c.TerminationProtection }

// Protected reports whether the tenant's stack is protected from being deleted.
func (t Tenant) Protected() bool { return t.TerminationProtection == nil || *t.TerminationProtection }

func override[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
