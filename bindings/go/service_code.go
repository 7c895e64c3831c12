//go:build cgo

package esa

// ServiceCode is the service's code as a constant. An [Error]'s Code is the same code, verbatim.
//
// A ServiceCode is an error, for [errors.Is]: errors.Is(err, esa.ServiceCodeThrottlingUser).
type ServiceCode int32

const (
	// ServiceCodeNone: the service gave no code.
	ServiceCodeNone ServiceCode = 0
	// ServiceCodeOther: a code that this version doesn't know.
	ServiceCodeOther                               ServiceCode = 1
	ServiceCodeInternalException                   ServiceCode = 10 // InternalException
	ServiceCodeInvalidParameter                    ServiceCode = 11 // InvalidParameter
	ServiceCodeRoutineNotExist                     ServiceCode = 12 // RoutineNotExist
	ServiceCodeDependedByOthers                    ServiceCode = 13 // DependedByOthers
	ServiceCodeSiteParameterNotMatch               ServiceCode = 14 // SiteParameterNotMatch
	ServiceCodeInternalOperationError              ServiceCode = 15 // InternalOperationError
	ServiceCodeParameterAlreadyExist               ServiceCode = 16 // ParameterAlreadyExist
	ServiceCodeRelatedRecordNumberExceedQuotaLimit ServiceCode = 17 // RelatedRecordNumberExceedQuotaLimit
	ServiceCodeRoutineUserServiceStatusHalt        ServiceCode = 18 // RoutineUserServiceStatusHalt
	ServiceCodeUserOperationStatusIsLocked         ServiceCode = 19 // UserOperationStatusIsLocked
	ServiceCodeLockFailed                          ServiceCode = 40 // LockFailed
	ServiceCodeSiteServiceBusy                     ServiceCode = 41 // Site.ServiceBusy
	ServiceCodeRecordServiceBusy                   ServiceCode = 42 // Record.ServiceBusy
	ServiceCodeTooManyRequests                     ServiceCode = 43 // TooManyRequests
	ServiceCodeServiceNotOpen                      ServiceCode = 44 // ServiceNotOpen
	ServiceCodeSiteNotFound                        ServiceCode = 45 // SiteNotFound
	ServiceCodeParameterNotExist                   ServiceCode = 46 // ParameterNotExist
	ServiceCodeRoutineAlreadyExist                 ServiceCode = 47 // RoutineAlreadyExist
	ServiceCodeRoutineNumberExceedQuotaLimit       ServiceCode = 48 // RoutineNumberExceedQuotaLimit
	ServiceCodeThrottling                          ServiceCode = 60 // Throttling
	ServiceCodeThrottlingUser                      ServiceCode = 61 // Throttling.User
	ServiceCodeThrottlingAPI                       ServiceCode = 62 // Throttling.Api
	ServiceCodeRejectedThrottling                  ServiceCode = 63 // Rejected.Throttling
	ServiceCodeServiceUnavailable                  ServiceCode = 64 // ServiceUnavailable
	ServiceCodeInternalError                       ServiceCode = 65 // InternalError
	ServiceCodeUnknownError                        ServiceCode = 66 // UnknownError
	ServiceCodeSignatureNonceUsed                  ServiceCode = 67 // SignatureNonceUsed
	ServiceCodeInvalidTimeStampExpired             ServiceCode = 68 // InvalidTimeStamp.Expired
	ServiceCodeInvalidSecurityTokenExpired         ServiceCode = 69 // InvalidSecurityToken.Expired
	ServiceCodeSignatureDoesNotMatch               ServiceCode = 70 // SignatureDoesNotMatch
	ServiceCodeIncompleteSignature                 ServiceCode = 71 // IncompleteSignature
	ServiceCodeInvalidAccessKeyIDNotFound          ServiceCode = 72 // InvalidAccessKeyId.NotFound
	ServiceCodeInvalidAccessKeyIDInactive          ServiceCode = 73 // InvalidAccessKeyId.Inactive
	ServiceCodeForbiddenAccessKeyDisabled          ServiceCode = 74 // Forbidden.AccessKeyDisabled
	ServiceCodeForbiddenRAM                        ServiceCode = 75 // Forbidden.RAM
	ServiceCodeNoPermission                        ServiceCode = 76 // NoPermission
	ServiceCodeForbiddenRiskControl                ServiceCode = 77 // Forbidden.RiskControl
	ServiceCodeInvalidActionNotFound               ServiceCode = 78 // InvalidAction.NotFound
	ServiceCodeInvalidVersion                      ServiceCode = 79 // InvalidVersion
	ServiceCodeInvalidProtocolNeedSSL              ServiceCode = 80 // InvalidProtocol.NeedSsl
	ServiceCodeUnsupportedHTTPMethod               ServiceCode = 81 // UnsupportedHTTPMethod
)

// Error implements error.
func (code ServiceCode) Error() string { return code.String() }
