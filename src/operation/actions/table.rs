//! What the library knows of the service's actions; made of data/actions.tsv by `make actions`.

/// A line for each action, sorted by name: the name, its flags, and its parameters, separated by spaces.
///
/// The flags are the method (`P`OST, `G`ET), the effect (`R`eads, `W`rites), and `S` if it is serial. A
/// parameter goes into the form, or, if `?` precedes it, into the query. `{}` follows it if it is JSON text,
/// and `[]` if it is a list. The parameters that go into the query as they are don't stand here: unknown ones
/// go there too.
pub(super) const TABLE: &str = "\
ActivateClientCertificate GW
ActivateVersionManagement PW
AddUserBusinessForm PW
ApplyCertificate PW
ApplyCustomHostnameCertificate PW
BatchCreateRecords PW ?RecordList{}
BatchCreateWafRules PW Configs{} Phase RulesetId Shared{}
BatchDeleteKv PW Keys{}
BatchDeleteKvWithHighCapacity PW
BatchGetExpressionFields PR Expressions{} Kind Phase
BatchPutKv PW KvList{}
BatchPutKvWithHighCapacity PW
BatchUpdateWafRules PW Configs{} Phase RulesetId Shared{}
BlockObject PW ?Content{}
CheckAssumeSlrRole GR
CheckSiteFeaturesMatchPlan PR
CheckSiteName PR
CheckSiteProjectName GR
CheckUserProjectName GR
CloneVersion PW
CommitRoutineStagingCode PWS CodeDescription DeployEnv Name
CreateCacheRule PW
CreateClientCertificate PW CSR PkeyType ValidityDays
CreateCompressionRule PW
CreateCustomHostname PW
CreateCustomResponseCodeRule PW
CreateCustomScenePolicy PW
CreateEdgeContainerApp PW HealthCheckFailTimes HealthCheckHost HealthCheckHttpCode HealthCheckInterval HealthCheckMethod HealthCheckPort HealthCheckSuccTimes HealthCheckTimeout HealthCheckType HealthCheckURI Name Remarks ServicePort TargetPort
CreateEdgeContainerAppImageSecret PW
CreateEdgeContainerAppRecord PW AppId RecordName SiteId
CreateEdgeContainerAppVersion PW AppId Containers{} Name Remarks
CreateEnvironment PW
CreateHttpIncomingRequestHeaderModificationRule PW ?RequestHeaderModification{}
CreateHttpIncomingResponseHeaderModificationRule PW ?ResponseHeaderModification{}
CreateHttpRequestHeaderModificationRule PW ?RequestHeaderModification{}
CreateHttpResponseHeaderModificationRule PW ?ResponseHeaderModification{}
CreateHttpsApplicationConfiguration PW
CreateHttpsBasicConfiguration PW
CreateImageTransform PW
CreateKvNamespace PW Description Namespace
CreateList PW Description Items{} Kind Name
CreateLoadBalancer PW ?AdaptiveRouting{} ?DefaultPools{} ?Monitor{} ?RandomSteering{} ?RegionPools[] ?Rules{} ?SubRegionPools[]
CreateNetworkOptimization PW
CreateOriginPool PW ?Origins{}
CreateOriginProtection PW
CreateOriginRule PW
CreatePage PW Content ContentType Description Name SiteIds{}
CreateRecord PW ?AuthConf{} ?Data{}
CreateRedirectRule PW
CreateRewriteUrlRule PW
CreateRoutine PWS Description HasAssets Name
CreateRoutineBuild PWS
CreateRoutineBuildConfiguration PWS ?EnvironmentVariables{}
CreateRoutineCodeDeployment PWS CodeVersions{} Env Name Strategy
CreateRoutineRelatedRecord PWS Name RecordName SiteId
CreateRoutineRoute PWS
CreateRoutineWithAssetsCodeVersion PWS BuildId CodeDescription ConfOptions{} DeployEnv ExtraInfo Name
CreateScheduledPreloadExecutions PW Executions{}
CreateScheduledPreloadJob PW InsertWay Name OssUrl SiteId UrlList
CreateSite PW
CreateSiteCustomLog PW Cookies{} RequestHeaders{} ResponseHeaders{} SiteId
CreateSiteDeliveryTask PW BusinessType DataCenter DeliveryType DiscardRate FieldName FilterVer HttpDelivery{} KafkaDelivery{} OssDelivery{} S3Delivery{} SiteId SlsDelivery{} TaskName
CreateSliderCaptchaPage PW Configs{} CustomContent ForceLanguage Name SiteIds{}
CreateSlrRoleForRealtimeLog PW
CreateTransportLayerApplication PW ?Rules{}
CreateUrlObservation PW
CreateUserDeliveryTask PW BusinessType DataCenter DeliveryType Details DiscardRate FieldName FilterVer HttpDelivery{} KafkaDelivery{} OssDelivery{} S3Delivery{} SlsDelivery{} TaskName
CreateUserWafRuleset PW Description Expression Name Phase Rules{} Shared{} Status
CreateVideoProcessing PW
CreateWafRule PW Config{} Phase RulesetId
CreateWafRuleset PW Name Phase
CreateWaitingRoom PW ?HostNameAndPath{}
CreateWaitingRoomEvent PW
CreateWaitingRoomRule PW
DeactivateVersionManagement PW
DeleteCacheRule PW
DeleteCertificate GW
DeleteClientCaCertificate GW
DeleteClientCertificate GW
DeleteCompressionRule PW
DeleteCustomHostname PW
DeleteCustomResponseCodeRule PW
DeleteCustomScenePolicy PW
DeleteEdgeContainerApp PW
DeleteEdgeContainerAppImageSecret PW
DeleteEdgeContainerAppRecord PW AppId RecordName SiteId
DeleteEdgeContainerAppVersion PW
DeleteEnvironment PW
DeleteHttpDDoSIntelligentRule PW
DeleteHttpIncomingRequestHeaderModificationRule PW
DeleteHttpIncomingResponseHeaderModificationRule PW
DeleteHttpRequestHeaderModificationRule PW
DeleteHttpResponseHeaderModificationRule PW
DeleteHttpsApplicationConfiguration PW
DeleteHttpsBasicConfiguration PW
DeleteImageTransform PW
DeleteKeylessServer PW
DeleteKv GW
DeleteKvNamespace PW
DeleteList PW Id
DeleteLoadBalancer PW
DeleteNetworkOptimization PW
DeleteOriginCaCertificate GW
DeleteOriginClientCertificate GW
DeleteOriginPool PW
DeleteOriginProtection PW
DeleteOriginRule PW
DeletePage PW Id
DeleteRecord PW
DeleteRedirectRule PW
DeleteRewriteUrlRule PW
DeleteRoutine PWS Name
DeleteRoutineBuildConfiguration PWS
DeleteRoutineCodeVersion PWS CodeVersion Name
DeleteRoutineEnvironmentVariables PWS Env EnvironmentVariableKeys{} Name
DeleteRoutineRelatedRecord PWS Name RecordId RecordName
DeleteRoutineRoute PWS
DeleteScheduledPreloadExecution PW
DeleteScheduledPreloadJob PW
DeleteSite PW
DeleteSiteDeliveryTask PW SiteId TaskName
DeleteSiteOriginClientCertificate GW
DeleteSliderCaptchaPage PW Id
DeleteTransportLayerApplication PW
DeleteUrlObservation PW
DeleteUserDeliveryTask PW TaskName
DeleteUserWafRuleset PW Id
DeleteVersion PW
DeleteVideoProcessing PW
DeleteWafRule PW Id
DeleteWafRuleset PW Id
DeleteWaitingRoom PW
DeleteWaitingRoomEvent PW
DeleteWaitingRoomRule PW
DescribeBotPrice PR
DescribeCacheReservePrice PR
DescribeCacheReservePriceGap PR
DescribeConditionIPBInfo GR
DescribeCustomScenePolicies PR
DescribeDDoSAllEventList PR
DescribeDDoSBpsList GR
DescribeDDoSBpsMax GR
DescribeDDoSEventMax PR
DescribeDDoSL7QpsList PR
DescribeDDoSOverseasAttackCount GR
DescribeDDoSPrice PR
DescribeDdosMaxBurstGbps GR
DescribeEdgeContainerAppStats GR
DescribeHttpDDoSAttackIntelligentProtection PR
DescribeHttpDDoSAttackProtection PR
DescribeHttpDDoSAttackRules PR
DescribeHttpDDoSIntelligentAclRules PR
DescribeHttpDDoSIntelligentRateLimitRules PR
DescribeKvAccountStatus GR
DescribePreloadTasks GR
DescribePurgeTasks GR
DescribeRatePlanInstanceStatus PR
DescribeRatePlanPrice PR
DescribeRatePlanPriceGap PR
DescribeRuleMetadata GR
DescribeSiteLogs PR
DescribeSiteTimeSeriesData PR ?Fields{}
DescribeSiteTopData PR ?Fields{}
DescribeSiteWafTimeSeriesData PR ?Fields{}
DescribeSiteWafTopData PR ?Fields{}
DescribeTraceDiagnoseReport PR
DescribeUrlObservationData PR
DescribeUserResourcePackage PR
DescribeWafUsageData PR
DisableCustomScenePolicy PW
EditSiteWafSettings PW Settings{}
EnableCustomScenePolicy PW
ExportRecordCnames GR
ExportRecords GR
GenerateTraceDiagnose PW
GetApiSchemaUsage PR
GetAutomaticFrequencyControlConfig PR
GetCacheReserve GR
GetCacheReserveSpecification GR
GetCacheRule GR
GetCacheTag GR
GetCertificate PR
GetCertificateQuota GR
GetClientCaCertificate GR
GetClientCaCertificateHostnames PR
GetClientCertificate GR
GetClientCertificateHostnames GR
GetCnameFlattening GR
GetCompressionRule GR
GetCrossBorderOptimization GR
GetCustomHostname PR
GetCustomResponseCodeRule PR
GetDcvDelegation GR
GetDevelopmentMode GR
GetEdgeContainer PR
GetEdgeContainerApp PR
GetEdgeContainerAppLogRiver GR
GetEdgeContainerAppResourceCapacity PR
GetEdgeContainerAppResourceReserve PR
GetEdgeContainerAppResourceStatus PR
GetEdgeContainerAppStatus PR
GetEdgeContainerAppVersion GR
GetEdgeContainerDeployRegions GR
GetEdgeContainerLogs GR
GetEdgeContainerStagingDeployStatus GR
GetEdgeContainerTerminal PW
GetErService GR
GetFailFile GR
GetHttpIncomingRequestHeaderModificationRule GR
GetHttpIncomingResponseHeaderModificationRule GR
GetHttpRequestHeaderModificationRule GR
GetHttpResponseHeaderModificationRule GR
GetHttpsApplicationConfiguration GR
GetHttpsBasicConfiguration GR
GetIPv6 GR
GetImageTransform GR
GetKeylessServer PR
GetKv GR
GetKvAccount GR
GetKvDetail PR
GetKvNamespace GR
GetList PR
GetLoadBalancer GR
GetMainDomainName GR
GetManagedTransform GR
GetMatchSite GR
GetNetworkOptimization GR
GetOriginCaCertificate GR
GetOriginClientCertificate GR
GetOriginClientCertificateHostnames GR
GetOriginPool GR
GetOriginProtection GR
GetOriginRule GR
GetPage PR
GetPageShield PR
GetPerformanceDataCollection PR
GetPurgeQuota PR
GetRealtimeDeliveryField GR
GetRecord GR
GetRedirectRule GR
GetReleaseTime PR
GetRewriteUrlRule GR
GetRoutine PR Name
GetRoutineAccessToken PW Name
GetRoutineBuild PR
GetRoutineBuildConfiguration PR
GetRoutineCodeVersion PR CodeVersion Name
GetRoutineCodeVersionInfo PR CodeVersion Name
GetRoutineRoute PR
GetRoutineStagingCodeUploadInfo PWS CodeDescription Name
GetRoutineStagingEnvIp PR
GetRoutineUserInfo PR
GetScheduledPreloadJob GR
GetSeoBypass GR
GetSite GR
GetSiteCurrentNS GR
GetSiteCustomLog GR
GetSiteDeliveryTask GR
GetSiteLogDeliveryQuota GR
GetSiteNameExclusive GR
GetSiteOriginClientCertificate GR
GetSitePause GR
GetSiteTrafficSequence GR
GetSiteWafSettings PR
GetSliderCaptchaPage PR
GetTieredCache GR
GetTransportLayerApplication GR
GetUploadTask GR
GetUserDeliveryTask GR
GetUserLogDeliveryQuota GR
GetUserMaxPlanQuota PR
GetUserWafRuleset PR
GetVideoProcessing PR
GetWafBotAppKey PR
GetWafFilter PR
GetWafQuota PR
GetWafRule PR
GetWafRuleset PR
GetWaitingRoomPreviewPage GW
ListAWSRegionInfos GR
ListAsyncTasks GR
ListBotInstances PR
ListCacheReserveInstances GR
ListCacheRules GR
ListCasCertificates PR
ListCertificates PR
ListCertificatesByRecord PR
ListCiphers GR
ListClientCaCertificates GR
ListClientCertificates GR
ListCompressionRules GR
ListCustomHostnames PR
ListCustomResponseCodeRules PR
ListDDoSInstances PR
ListESAIPInfo GR
ListEdgeContainerAppImageSecrets PR
ListEdgeContainerAppRecords GR
ListEdgeContainerAppVersions GR
ListEdgeContainerApps PR
ListEdgeContainerRecords GR
ListEdgeRoutinePlans GR
ListEdgeRoutineRecords GR
ListEnvironments GR
ListHttpIncomingRequestHeaderModificationRules GR
ListHttpIncomingResponseHeaderModificationRules GR
ListHttpRequestHeaderModificationRules GR
ListHttpResponseHeaderModificationRules GR
ListHttpsApplicationConfigurations GR
ListHttpsBasicConfigurations GR
ListImageTransforms GR
ListInstanceQuotas GR
ListInstanceQuotasWithUsage GR
ListInstancesQuota PR InstanceIds
ListKeylessServers PR
ListKvs GR
ListLists PR ?QueryArgs{}
ListLoadBalancerOriginStatus GR
ListLoadBalancerRegions GR
ListLoadBalancers GR
ListManagedRulesGroups PR
ListNetworkOptimizations GR
ListOriginCaCertificates GR
ListOriginClientCertificates GR
ListOriginPools GR
ListOriginRules GR
ListPages PR ?QueryArgs{}
ListPostpaidRatePlanInstances GR
ListPostpaidSitePlans GR
ListQuotasMinEffectPlan GR
ListRecords GR
ListRedirectRules GR
ListRewriteUrlRules GR
ListRoutineBuildConfigurations PR
ListRoutineBuilds PR
ListRoutineCanaryAreas PR
ListRoutineCodeVersions PR Name PageNumber PageSize SearchKeyWord
ListRoutineEnvironmentVariables PR Env KeyWord Name PageNumber PageSize
ListRoutineRelatedRecords PR Name PageNumber PageSize SearchKeyWord
ListRoutineRoutes PR
ListScheduledPreloadExecutions GR
ListScheduledPreloadJobs GR
ListSiteDeliveryTasks GR
ListSiteFunctions GR
ListSiteOriginClientCertificates GR
ListSiteRoutes PR
ListSites GR ?TagFilter{}
ListSliderCaptchaPages PR ?QueryArgs{}
ListTagResources PR ?ResourceId[] ?Tag[]
ListTraceTasks PR
ListTransportLayerApplications GR
ListUploadTasks GR
ListUrlObservations PR
ListUserDeliveryTasks GR
ListUserRatePlanInstances GR
ListUserRoutines PR
ListUserWafRulesets PR ?QueryArgs{}
ListVersions GR
ListVideoProcessings PR
ListWafManagedRules PR ?ManagedRuleset{} ?QueryArgs{}
ListWafPhases PR
ListWafRules PR ?QueryArgs{}
ListWafRulesets PR ?QueryArgs{}
ListWafTemplateRules PR ?QueryArgs{}
ListWafUsageOfRules PR
ListWaitingRoomEvents GR
ListWaitingRoomRules GR
ListWaitingRooms GR
ModifyInstanceFeatures PW ?SiteFeatures{}
ModifySiteFeatures PW
OpenEdgeContainer PW
OpenErService PW
PreloadCaches PW ?Content{} ?Headers{}
PublishEdgeContainerAppVersion PW AppId Percentage PublishEnv Remarks StartTime ?Regions{}
PublishRoutineCodeVersion PWS CodeVersion Env Name
PurchaseBotInstance PW
PurchaseCacheReserve PW
PurchaseDDoSInstance PW
PurchaseRatePlan PW
PurgeCaches PW ?Content{}
PutKv PW Value
PutKvWithHighCapacity PW
ReDoRoutineBuild PWS
RebuildEdgeContainerAppStagingEnv PW
RecoverSite PW
ReleaseInstance PW
ResetScheduledPreloadJob PW
RevokeClientCertificate GW
RollbackEdgeContainerAppVersion PW AppId Remarks
RollbackEnvironmentVersion PW
SetAutomaticFrequencyControlConfig PW
SetCertificate PW CasId Certificate Id Name PrivateKey Region SiteId Type
SetClientCaCertificateHostnames PW Hostnames{} Id
SetClientCertificateHostnames PW Hostnames{} Id
SetDdosMaxBurstGbps PW
SetHttpDDoSAttackIntelligentProtection PW
SetHttpDDoSAttackProtection PW
SetHttpDDoSAttackRuleAction PW
SetHttpDDoSAttackRuleStatus PW
SetKeylessServer PW CaCertificate ClientCertificate ClientPrivateKey Host Id Name Port Verify
SetOriginClientCertificateHostnames PW Hostnames{} Id SiteId
SetRoutineEnvironmentVariables PWS Env EnvironmentVariables{} Name
StartScheduledPreloadExecution PW
StopRoutineBuild PWS
StopScheduledPreloadExecution PW
StopSite PW
SubmitUploadTask GW
TagResources PW ?ResourceId[] ?Tag[]
TraceSite PW Body{} Context{} Cookies{} Headers{} Method Protocol Url
UntagResources PW ?ResourceId[] ?TagKey[]
UpdateBotSpec PW
UpdateCacheReserve PW
UpdateCacheReserveSpec PW
UpdateCacheRule PW
UpdateCacheTag PW
UpdateCnameFlattening PW
UpdateCompressionRule PW
UpdateConfigSequence PW
UpdateCrossBorderOptimization PW
UpdateCustomHostname PW
UpdateCustomResponseCodeRule PW
UpdateCustomScenePolicy PW
UpdateDDoSSpec PW
UpdateDevelopmentMode PW
UpdateEdgeContainerAppLogRiver PW
UpdateEdgeContainerAppResourceReserve PW ?ReserveSet{}
UpdateEnvironment PW
UpdateEnvironmentVersion PW
UpdateHttpIncomingRequestHeaderModificationRule PW ?RequestHeaderModification{}
UpdateHttpIncomingResponseHeaderModificationRule PW ?ResponseHeaderModification{}
UpdateHttpRequestHeaderModificationRule PW ?RequestHeaderModification{}
UpdateHttpResponseHeaderModificationRule PW ?ResponseHeaderModification{}
UpdateHttpsApplicationConfiguration PW
UpdateHttpsBasicConfiguration PW
UpdateIPv6 PW
UpdateImageTransform PW
UpdateList PW Description Id Items{} Name
UpdateLoadBalancer PW ?AdaptiveRouting{} ?DefaultPools{} ?Monitor{} ?RandomSteering{} ?RegionPools[] ?Rules{} ?SubRegionPools[]
UpdateManagedTransform PW
UpdateNetworkOptimization PW
UpdateOriginPool PW ?Origins{}
UpdateOriginProtection PW
UpdateOriginProtectionIpWhiteList PW
UpdateOriginRule PW
UpdatePage PW Content ContentType Description Id Name SiteIds{}
UpdatePerformanceDataCollection PW
UpdateRatePlanSpec PW
UpdateRecord PW ?AuthConf{} ?Data{}
UpdateRedirectRule PW
UpdateRewriteUrlRule PW
UpdateRoutineBuildConfiguration PWS ?EnvironmentVariables{}
UpdateRoutineConfigDescription PWS Description Name
UpdateRoutineRoute PWS
UpdateScheduledPreloadExecution PW EndTime Interval SliceLen StartTime
UpdateSeoBypass PW
UpdateSiteAccessType PW
UpdateSiteCoverage PW
UpdateSiteCustomLog PW Cookies{} RequestHeaders{} ResponseHeaders{} SiteId
UpdateSiteDeliveryTask PW BusinessType DiscardRate FieldName FilterVer SiteId TaskName
UpdateSiteDeliveryTaskStatus GW
UpdateSiteInstance PW
UpdateSiteNameExclusive PW
UpdateSitePause PW
UpdateSiteVanityNS PW
UpdateSliderCaptchaPage PW Configs{} CustomContent ForceLanguage Id Name SiteIds{}
UpdateTieredCache PW
UpdateTransportLayerApplication PW ?Rules{}
UpdateUrlObservation PW
UpdateUserDeliveryTask PW BusinessType Details DiscardRate FieldName FilterVer TaskName
UpdateUserDeliveryTaskStatus GW
UpdateUserWafRuleset PW Description Expression Id Name Position Rules{} Shared{} Status
UpdateVersionDesc PW
UpdateVideoProcessing PW
UpdateWafRule PW Config{} Id Position Status
UpdateWafRuleset PW Id Status
UpdateWaitingRoom PW ?HostNameAndPath{}
UpdateWaitingRoomEvent PW
UpdateWaitingRoomRule PW
UpgradeEnvironmentVersion PW
UploadClientCaCertificate PW Certificate Name
UploadFile PW
UploadOriginCaCertificate PW Certificate Name SiteId
UploadOriginClientCertificate PW Certificate Name PrivateKey
UploadSiteOriginClientCertificate PW Certificate Name PrivateKey
VerifyCustomHostname PW
VerifySite PW
";
